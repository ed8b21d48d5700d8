// SPDX-License-Identifier: GPL-2.0

/* include/linux/irqflags.h */

#include <linux/irqflags.h>

#include "mm_swap_live.h"

#ifndef CONFIG_PREEMPT_RT
unsigned long mm_swap_live_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void mm_swap_live_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}
#endif
