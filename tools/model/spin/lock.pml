/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The spinlock of one CPU: rust/helpers/local_lock.c without PREEMPT_RT, or rust/mm_swap_live/lock/ticket.rs.
 * There are two for each CPU, as the drain has them.
 */
#define BATCH		0
#define HAND		CPUS
#define LOCKS		(2 * CPUS)

/* How a lock is taken: as a local user of the CPU, or the spinlock of any (enum pw_how). */
#define LOCAL		0
#define REMOTE		1

/* Who has struct pw_lock's ->sl, or the ticket lock. */
byte spinlock[LOCKS];

/* pwlocks_key, as each CPU sees it: patching reaches one after the other. */
bool key[CPUS];

/* Who is between lock and unlock: for EXCLUSION only. */
byte inside[LOCKS];

inline enter(l)
{
	must(EXCLUSION, inside[l] == NOBODY);
	inside[l] = me
}

inline leave(l)
{
	inside[l] = NOBODY
}

/* spin_lock(), of any CPU's. */
inline spin_lock(l)
{
	atomic { spinlock[l] == NOBODY -> spinlock[l] = me; enter(l) }
}

inline spin_unlock(l)
{
	must(UNLOCK, spinlock[l] == me);
	leave(l);
	spinlock[l] = NOBODY
}

