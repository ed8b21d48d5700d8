/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PWLOCKS_KEY_H
#define _PWLOCKS_KEY_H

#include <linux/jump_label.h>
#include <linux/kconfig.h>

#ifdef CONFIG_PWLOCKS
DECLARE_STATIC_KEY_MAYBE(CONFIG_PWLOCKS_DEFAULT, pwlocks_key);

/* The mode, as a patched branch: no load, no test. */
static __always_inline bool pw_remote(void)
{
	return static_branch_maybe(CONFIG_PWLOCKS_DEFAULT, &pwlocks_key);
}
#endif

#endif /* _PWLOCKS_KEY_H */
