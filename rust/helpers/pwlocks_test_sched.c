// SPDX-License-Identifier: GPL-2.0

/* include/linux/sched.h: where a task runs, and whether it may sleep. */

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "pwlocks_test.h"

/* Moves @task to @cpu, wherever it is in its code. May sleep. */
int pwlocks_test_move(struct task_struct *task, unsigned int cpu)
{
	return set_cpus_allowed_ptr(task, cpumask_of(cpu));
}

/* A moment for others: asleep where that is allowed. */
void pwlocks_test_pause(void)
{
	/* On PREEMPT_RT a lock holder is preemptible, but in an RCU read-side section. */
	if (preemptible() && !rcu_preempt_depth())
		usleep_range(50, 100);
	else
		cpu_relax();
}

/* Whether this is a workqueue's worker. */
bool pwlocks_test_in_worker(void)
{
	return current->flags & PF_WQ_WORKER;
}
