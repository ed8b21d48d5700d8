// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/jump_label.h: the static key that says what a local lock is. Off: preemption off.
 * On: this CPU's spinlock. It is the first half of the mode; srcu.c has the other.
 */

#include <linux/export.h>
#include <linux/jump_label.h>

#include "key.h"
#include "pwlocks.h"

#if defined(CONFIG_PWLOCKS) && !defined(CONFIG_PREEMPT_RT)
DEFINE_STATIC_KEY_MAYBE(CONFIG_PWLOCKS_DEFAULT, pwlocks_key);

/*
 * May sleep: it patches text, which interrupts every CPU for a moment. When it returns, every CPU
 * takes the new branch.
 */
void pwlocks_key_set(bool spin)
{
	if (spin)
		static_branch_enable(&pwlocks_key);
	else
		static_branch_disable(&pwlocks_key);
}

bool pwlocks_key_is_set(void)
{
	return static_key_enabled(&pwlocks_key);
}
#else
void pwlocks_key_set(bool spin)
{
}

bool pwlocks_key_is_set(void)
{
	return false;
}
#endif

#ifdef CONFIG_PWLOCKS_TEST
/* For the test module to see a switch that is under way. */
EXPORT_SYMBOL_GPL(pwlocks_key_is_set);
#endif
