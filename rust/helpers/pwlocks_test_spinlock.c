// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/spinlock.h: a spinlock per CPU, as what PwLock costs in remote mode is compared
 * with. Each loop takes this CPU's, touches what it protects once, and releases it.
 */

#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "pwlocks_test.h"

struct pwlocks_test_spins {
	spinlock_t	sl;
	u64		datum;
};

static DEFINE_PER_CPU(struct pwlocks_test_spins, pwlocks_test_spins) = {
	.sl = __SPIN_LOCK_UNLOCKED(pwlocks_test_spins.sl),
};

u64 pwlocks_test_count_spin_lock(unsigned int n)
{
	u64 start = pwlocks_test_cycles();

	while (n--) {
		struct pwlocks_test_spins *spins = raw_cpu_ptr(&pwlocks_test_spins);

		spin_lock(&spins->sl);
		spins->datum++;
		spin_unlock(&spins->sl);
	}
	return pwlocks_test_cycles() - start;
}

/* The same by a task that has to stay on the CPU whose address it takes, on PREEMPT_RT as well. */
u64 pwlocks_test_count_pinned_spin_lock(unsigned int n)
{
	u64 start = pwlocks_test_cycles();

	while (n--) {
		struct pwlocks_test_spins *spins;

		migrate_disable();
		spins = this_cpu_ptr(&pwlocks_test_spins);
		spin_lock(&spins->sl);
		spins->datum++;
		spin_unlock(&spins->sl);
		migrate_enable();
	}
	return pwlocks_test_cycles() - start;
}

u64 pwlocks_test_count_spin_lock_irqsave(unsigned int n)
{
	u64 start = pwlocks_test_cycles();
	unsigned long flags;

	while (n--) {
		struct pwlocks_test_spins *spins = raw_cpu_ptr(&pwlocks_test_spins);

		spin_lock_irqsave(&spins->sl, flags);
		spins->datum++;
		spin_unlock_irqrestore(&spins->sl, flags);
	}
	return pwlocks_test_cycles() - start;
}

u64 pwlocks_test_count_spin_trylock(unsigned int n)
{
	u64 start = pwlocks_test_cycles();

	while (n--) {
		struct pwlocks_test_spins *spins = raw_cpu_ptr(&pwlocks_test_spins);

		if (!spin_trylock(&spins->sl))
			continue;
		spins->datum++;
		spin_unlock(&spins->sl);
	}
	return pwlocks_test_cycles() - start;
}

size_t pwlocks_test_sizeof_spinlock(void)
{
	return sizeof(spinlock_t);
}
