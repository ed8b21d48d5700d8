/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The lock word of one CPU: rust/helpers/local_lock.c without PREEMPT_RT.
 */

/* struct pw_lock: ->local; ->sl is lock.pml's. */
bool held_local[LOCKS];

#define locked(l)		(held_local[l] || spinlock[l] != NOBODY)

/* pw_lock_pinned(); or what an owner token opens. */
inline lock_as(how, l)
{
	if
	:: how == LOCAL && key[at] ->
		spin_lock(l)
	:: atomic {
			how == LOCAL && !key[at] ->
			/* BUG_ON() */
			must(UNLOCK, !held_local[l]);
			held_local[l] = true;
			enter(l)
		}
	:: atomic {
			how == REMOTE && spinlock[l] == NOBODY ->
			spinlock[l] = me;
			enter(l)
		}
	fi
}

#ifdef MUTANT_UNLOCK_REREADS_KEY
#define unlocks_local(l)	!key[at]
#else
#define unlocks_local(l)	held_local[l]
#endif

/* pw_unlock_pinned(): whoever has the lock is pinned, so that nobody else looks at ->local. */
inline unlock_as(how, l)
{
	if
	:: how == LOCAL && unlocks_local(l) ->
		must(UNLOCK, held_local[l]);
		leave(l);
		held_local[l] = false
	:: else ->
		spin_unlock(l)
	fi
}
