// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/lockdep.h: what lockdep takes for a spinlock that is held. No lock is, so on
 * PREEMPT_RT as well nothing but lockdep minds what is taken within.
 */

#include <linux/debug_locks.h>
#include <linux/lockdep.h>

#include "pwlocks_test.h"

#ifdef CONFIG_LOCKDEP

static struct lockdep_map pwlocks_test_spinlock = {
	.name		 = "pwlocks_test_spinlock",
	.key		 = (struct lock_class_key *)&pwlocks_test_spinlock,
	.wait_type_inner = LD_WAIT_CONFIG,
};

static struct lockdep_map pwlocks_test_raw_spinlock = {
	.name		 = "pwlocks_test_raw_spinlock",
	.key		 = (struct lock_class_key *)&pwlocks_test_raw_spinlock,
	.wait_type_inner = LD_WAIT_SPIN,
};

/* Whether it still looks: it stops with its first report. */
bool pwlocks_test_lockdep_works(void)
{
	return READ_ONCE(debug_locks);
}

void pwlocks_test_lockdep_acquire(bool raw)
{
	lock_map_acquire(raw ? &pwlocks_test_raw_spinlock : &pwlocks_test_spinlock);
}

void pwlocks_test_lockdep_release(bool raw)
{
	lock_map_release(raw ? &pwlocks_test_raw_spinlock : &pwlocks_test_spinlock);
}

#else

bool pwlocks_test_lockdep_works(void)
{
	return false;
}

void pwlocks_test_lockdep_acquire(bool raw)
{
}

void pwlocks_test_lockdep_release(bool raw)
{
}

#endif /* CONFIG_LOCKDEP */
