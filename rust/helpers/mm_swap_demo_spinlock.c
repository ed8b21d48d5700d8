// SPDX-License-Identifier: GPL-2.0

/* include/linux/spinlock.h: the irqsave forms, which the kernel crate lacks. */

#include <linux/spinlock.h>

#include "mm_swap_demo.h"

/* The state of interrupts before. On PREEMPT_RT they stay on. */
unsigned long mm_swap_demo_spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	return flags;
}

void mm_swap_demo_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock_irqrestore(lock, flags);
}
