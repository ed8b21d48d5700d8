/* SPDX-License-Identifier: GPL-2.0 */

/* Requesters, and waiting for them: rust/helpers/srcu.c. */

/* pw_remote_allowed */
bool remote_allowed;
/* Who is in a read-side section of pw_requesters, a bit for each process. */
byte requesting;

/*
 * Waits for each process of a set to be seen outside of it once, whoever comes meanwhile: what
 * synchronize_srcu() and synchronize_rcu_tasks() promise.
 */
inline wait_for_members(set)
{
	awaited = set;
	do
	:: atomic { awaited == 0 -> break }
	:: atomic { (awaited & ~set) != 0 -> awaited = awaited & set }
	od
}

/* pwlocks_requester_begin(), and what PwWork::run_here() looks at beside it. */
inline requester_begin(allowed)
{
	atomic {
		requesting = requesting | my_bit;
		if
		:: remote_allowed && work_allowed -> allowed = true
		:: else -> requesting = requesting & ~my_bit; allowed = false
		fi
	}
}

/* pwlocks_requester_end() */
inline requester_end()
{
	requesting = requesting & ~my_bit
}

/* pwlocks_requesters_wait() */
inline requesters_wait()
{
#ifndef MUTANT_NO_WAIT_FOR_REQUESTERS
	wait_for_members(requesting)
#else
	skip
#endif
}
