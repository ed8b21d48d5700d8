// SPDX-License-Identifier: GPL-2.0

/* include/linux/rcupdate.h: waiting for those who took a lock the way it was. */

#include <linux/kconfig.h>
#include <linux/rcupdate.h>

#include "pwlocks.h"

/*
 * Returns when every section has ended in which preemption or interrupts were off when this was
 * called, softirqs, hard interrupts and NMIs included: on a kernel without PREEMPT_RT that is every
 * holder of a local lock. On PREEMPT_RT there is nobody to wait for. With @tasks also when every
 * task has been in user mode, idle, or has scheduled of its own accord, so that none is inside a
 * function that it had entered before. May sleep.
 */
void pwlocks_wait_for_local_sections(bool tasks)
{
#ifndef SABOTAGE_SWITCH_WITHOUT_GRACE_PERIOD
	if (tasks)
		synchronize_rcu_tasks();
	if (tasks || !IS_ENABLED(CONFIG_PREEMPT_RT))
		synchronize_rcu();
#endif
}
