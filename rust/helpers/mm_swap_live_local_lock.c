// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/local_lock.h on PREEMPT_RT: the kernel's own locks of its batches.
 *
 * There a local_lock_t is a spinlock of its CPU, so that taking another CPU's excludes that CPU's
 * users of it, unchanged as they are. Interrupts stay enabled in the irqsave forms, which makes
 * these serve both kinds.
 */

#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#include "mm_swap_live.h"

#ifdef CONFIG_PREEMPT_RT
/* Takes the lock of this CPU, which cannot change until it is released. May sleep. */
void *mm_swap_live_lock_this(const local_lock_t __percpu *lock)
{
	local_lock_t __percpu *l = (local_lock_t __percpu *)lock;

	local_lock(l);
	return this_cpu_ptr(l);
}

void mm_swap_live_unlock_this(void *lock)
{
	spin_unlock((spinlock_t *)lock);
	migrate_enable();
}

/* Takes the lock of any CPU, from any. May sleep. */
void mm_swap_live_lock_owner(void *lock)
{
	spin_lock((spinlock_t *)lock);
}

void mm_swap_live_unlock_owner(void *lock)
{
	spin_unlock((spinlock_t *)lock);
}
#endif
