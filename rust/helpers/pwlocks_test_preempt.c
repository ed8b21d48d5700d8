// SPDX-License-Identifier: GPL-2.0

/* include/linux/preempt.h: the context that code runs in. */

#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "pwlocks_test.h"

void pwlocks_test_context_read(struct pwlocks_test_context *context)
{
	context->preempt_count = preempt_count();
	context->migration_disabled = current->migration_disabled;
	context->rcu_depth = rcu_preempt_depth();
	context->irqs_disabled = irqs_disabled();
}

bool pwlocks_test_in_hardirq(void)
{
	return in_hardirq();
}

bool pwlocks_test_preempt_rt(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT);
}
