// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/local_lock.h: the kernel's own local locks, as what PwLock costs in local mode is
 * compared with. Each loop takes the lock, touches what it protects once, and releases it.
 */

#include <linux/local_lock.h>
#include <linux/percpu.h>

#include "pwlocks_test.h"

struct pwlocks_test_locals {
	local_lock_t	ll;
	local_trylock_t	tl;
	u64		datum;
};

static DEFINE_PER_CPU(struct pwlocks_test_locals, pwlocks_test_locals) = {
	.ll = INIT_LOCAL_LOCK(ll),
	.tl = INIT_LOCAL_TRYLOCK(tl),
};

static __always_inline void pwlocks_test_touch(void)
{
	raw_cpu_ptr(&pwlocks_test_locals)->datum++;
}

/* The loop itself. Its touch is not to be merged over rounds. */
u64 pwlocks_test_count_nothing(unsigned int n)
{
	u64 start = pwlocks_test_cycles();

	while (n--) {
		pwlocks_test_touch();
		barrier();
	}
	return pwlocks_test_cycles() - start;
}

u64 pwlocks_test_count_local_lock(unsigned int n)
{
	u64 start = pwlocks_test_cycles();

	while (n--) {
		local_lock(&pwlocks_test_locals.ll);
		pwlocks_test_touch();
		local_unlock(&pwlocks_test_locals.ll);
	}
	return pwlocks_test_cycles() - start;
}

u64 pwlocks_test_count_local_lock_irqsave(unsigned int n)
{
	u64 start = pwlocks_test_cycles();
	unsigned long flags;

	while (n--) {
		local_lock_irqsave(&pwlocks_test_locals.ll, flags);
		pwlocks_test_touch();
		local_unlock_irqrestore(&pwlocks_test_locals.ll, flags);
	}
	return pwlocks_test_cycles() - start;
}

u64 pwlocks_test_count_local_trylock(unsigned int n)
{
	u64 start = pwlocks_test_cycles();

	while (n--) {
		if (!local_trylock(&pwlocks_test_locals.tl))
			continue;
		pwlocks_test_touch();
		local_unlock(&pwlocks_test_locals.tl);
	}
	return pwlocks_test_cycles() - start;
}

size_t pwlocks_test_sizeof_local_lock(void)
{
	return sizeof(local_lock_t);
}

size_t pwlocks_test_sizeof_local_trylock(void)
{
	return sizeof(local_trylock_t);
}
