// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/preempt.h: the outer section of nested=1.
 *
 * The series measures inside preempt_disable() on PREEMPT_RT as well. There the slab and page
 * allocators take sleeping locks, and contention for one of them with preemption off is a BUG
 * ("scheduling while atomic"). What hides the nested cost of a local lock on PREEMPT_RT is
 * migrate_disable(), so that is the outer section there.
 */

#include <linux/preempt.h>
#include <linux/sched.h>

#include "kmalloc_bench.h"

const char *kmalloc_bench_outer_name(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? "migrate_disable" : "preempt_disable";
}

void kmalloc_bench_outer_enter(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_disable();
	else
		preempt_disable();
}

void kmalloc_bench_outer_leave(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_enable();
	else
		preempt_enable();
}
