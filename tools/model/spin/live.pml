/* SPDX-License-Identifier: GPL-2.0 */

/*
 * mm_swap_live: functions of the kernel's that are replaced by the module's while the mode is remote.
 * rust/mm_swap_live/switch.rs, inside.rs, entry/, lock.rs and kernel_batches.rs.
 *
 * `ours` is a variable of every process: whether the function that it is in is the module's.
 */

/* Replacement of functions::USERS and of functions::DRAINS. */
bool users_replaced;
bool drains_replaced;
/* live::set_in_place() */
bool in_place = true;
/* PwWork::allow_remote() */
bool work_allowed;
/* CpuDead is registered; the module's text is there. */
bool dead_registered = true;
bool loaded = true;

/* Sets of processes: who is in a replaced or replacing function and has not slept there of its own
 * accord; who says that it is inside (inside.rs); who is in the module's text: for TEXT only. */
byte in_function;
byte inside_text;
byte text;

/* A pass was not complete because of a CPU on its way down, and ended all the same, as the kernel's. */
bool gave_up;
#define keeps_promise			(!gave_up)
#define wait_for_hotplug()		gave_up = true

/* The kernel's own lru_add_drain_per_cpu() on a workqueue. */
bool kernel_pending[CPUS];
bool kernel_running[CPUS];

/* The entry of a function, where it is decided which one it is. */
inline enter_function(replaced)
{
	atomic {
		in_function = in_function | my_bit;
		ours = replaced;
		if
		:: ours -> run_text()
		:: else
		fi
	}
}

inline run_text()
{
	must(TEXT, loaded);
	text = text | my_bit
}

/* The work of a PwWork is the module's. */
inline begin_own_work()
{
	atomic { ours = true; run_text() }
}

inline leave_function()
{
	atomic {
		in_function = in_function & ~my_bit;
		text = text & ~my_bit;
		ours = false
	}
}

inline lock_as(how, l)
{
	if
	:: atomic { ours && spinlock[l] == NOBODY -> spinlock[l] = me; enter(l) }
	/* The kernel's local lock: the caller is pinned, and that is all. */
	:: atomic { !ours -> enter(l) }
	fi
}

inline unlock_as(how, l)
{
	if
	:: ours -> spin_unlock(l)
	:: else -> leave(l)
	fi
}

#define locked(l)			(spinlock[l] != NOBODY)
#define lock_hand()			lock_as(LOCAL, HAND + c)
#define unlock_hand()			unlock_as(LOCAL, HAND + c)
/* Of the CPU that the token names, wherever the worker is. */
#define WORKERS_HAND			(HAND + c)

/* Replaced::new() */
inline notifier_enter()
{
	users_replaced = true;
	drains_replaced = true
}

inline notifier_wait_for_tasks()
{
#ifndef MUTANT_NO_WAIT_FOR_TASKS
	wait_for_members(in_function)
#else
	skip
#endif
}

inline notifier_remote_allowed()
{
	in_place = false;
	work_allowed = true
}

inline notifier_remote_forbidden()
{
	in_place = true;
	work_allowed = false
}

/* Follow::leave() and the drop of Replaced. */
inline notifier_leave()
{
	wait_for_members(inside_text);
	synchronize_rcu();
	drains_replaced = false;
	wait_for_members(in_function);
#ifndef MUTANT_INSIDE_NOT_WAITED_FOR
	wait_for_members(inside_text);
#endif
	users_replaced = false;
#ifndef MUTANT_TAIL_NOT_WAITED_FOR
	wait_for_members(in_function)
#endif
}

/* pwlocks_notifier_remove(), then what else is dropped with the module. */
inline unload()
{
	atomic { !switch_busy -> switch_busy = true };
	if
	:: remote_allowed ->
		notifier_remote_forbidden();
		requesters_wait();
		notifier_leave()
	:: else
	fi;
	switch_busy = false;
	/* cancel_work_sync() */
	atomic { pending[0] = false; pending[1] = false };
	!running[0] && !running[1];
	/* cpuhp_state_remove_instance_nocalls() */
	cpus_read_lock();
	dead_registered = false;
	cpus_read_unlock();
	atomic { loaded = false; must(TEXT, text == 0) }
}
