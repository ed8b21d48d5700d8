// SPDX-License-Identifier: GPL-2.0

/* include/linux/sched.h: giving way between two measured stretches, and having given way. */

#include <linux/sched.h>

#include "kmalloc_bench.h"

/* May sleep. */
void kmalloc_bench_resched(void)
{
	cond_resched();
}

/* How often the current task has been switched out, of its own will or not. */
unsigned long kmalloc_bench_switches(void)
{
	return READ_ONCE(current->nvcsw) + READ_ONCE(current->nivcsw);
}
