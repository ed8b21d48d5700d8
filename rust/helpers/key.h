/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PWLOCKS_KEY_H
#define _PWLOCKS_KEY_H

#include <linux/jump_label.h>
#include <linux/kconfig.h>

/* On PREEMPT_RT a local lock is the same spinlock in both modes: there is nothing to choose. */
#if defined(CONFIG_PWLOCKS) && !defined(CONFIG_PREEMPT_RT)
DECLARE_STATIC_KEY_MAYBE(CONFIG_PWLOCKS_DEFAULT, pwlocks_key);

/*
 * Whether a local lock is this CPU's spinlock, as a patched branch: no load, no test. Call it only
 * with preemption off, which is what the switch waits for (rust/pwlocks/switch.rs).
 */
static __always_inline bool pw_spins(void)
{
	return static_branch_maybe(CONFIG_PWLOCKS_DEFAULT, &pwlocks_key);
}
#endif

#endif /* _PWLOCKS_KEY_H */
