/* SPDX-License-Identifier: GPL-2.0 */

/* Locks of the CPU that a task is on. */


/* pw_lock_this(): pins, then computes the address. */
inline lock_local(lock)
{
#ifdef MUTANT_ADDRESS_BEFORE_PIN
	if
	:: c = 0
	:: c = 1
	fi;
	pin_anywhere();
#else
	pin_anywhere();
	c = at;
#endif
	lock_as(LOCAL, lock + c)
}

inline unlock_local(lock)
{
	unlock_as(LOCAL, lock + c);
	unpin()
}

#ifdef INTERRUPTS
/* pw_trylock_pinned(), by an interrupt, which may come to who has the lock. */
inline try_lock_pinned(l)
{
	if
	:: atomic {
			key[at] ->
			if
#ifdef MUTANT_TRY_LOOKS_ONE_WAY
			:: spinlock[l] == NOBODY ->
#else
			:: !held_local[l] && spinlock[l] == NOBODY ->
#endif
				spinlock[l] = me;
				taken = true;
				enter(l)
			:: else
			fi
		}
	:: atomic {
			!key[at] ->
			if
			:: !held_local[l] && spinlock[l] == NOBODY ->
				held_local[l] = true;
				taken = true;
				enter(l)
			:: else
			fi
		}
	fi
}
#endif
