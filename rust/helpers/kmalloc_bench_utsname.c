// SPDX-License-Identifier: GPL-2.0

/* include/linux/utsname.h: which kernel this is. */

#include <linux/utsname.h>

#include "kmalloc_bench.h"

/* The release, whatever UTS namespace the caller is in; it never changes. */
const char *kmalloc_bench_release(void)
{
	return init_uts_ns.name.release;
}
