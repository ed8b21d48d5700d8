// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/utsname.h: which kernel runs. And which one the build was told of by AUDITED=, whose
 * header Kbuild includes before this file; without it the strings are empty.
 */

#include <linux/module.h>
#include <linux/utsname.h>

#include "mm_swap_live_audited.h"

#ifdef PWLOCKS_AUDITED_RELEASE
MODULE_INFO(audited, PWLOCKS_AUDITED_RELEASE " " PWLOCKS_AUDITED_VERSION ", build id "
	    PWLOCKS_AUDITED_BUILD_ID);
#else
#define PWLOCKS_AUDITED_RELEASE		""
#define PWLOCKS_AUDITED_VERSION		""
#define PWLOCKS_AUDITED_BUILD_ID	""
#endif

const char *mm_swap_live_audited_release(void)
{
	return PWLOCKS_AUDITED_RELEASE;
}

const char *mm_swap_live_audited_version(void)
{
	return PWLOCKS_AUDITED_VERSION;
}

/* In hexadecimal. */
const char *mm_swap_live_audited_build_id(void)
{
	return PWLOCKS_AUDITED_BUILD_ID;
}

/* These two never change, whatever UTS namespace the caller is in. */
const char *mm_swap_live_running_release(void)
{
	return init_uts_ns.name.release;
}

const char *mm_swap_live_running_version(void)
{
	return init_uts_ns.name.version;
}
