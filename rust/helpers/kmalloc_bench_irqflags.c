// SPDX-License-Identifier: GPL-2.0

/* include/linux/irqflags.h: interrupts off on this CPU, while the clock is looked at. */

#include <linux/irqflags.h>

#include "kmalloc_bench.h"

unsigned long kmalloc_bench_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void kmalloc_bench_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}
