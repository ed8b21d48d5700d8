/* SPDX-License-Identifier: GPL-2.0 */

/*
 * CPUs, and what it means to be on one: preemption off, interrupts, grace periods, hotplug's lock.
 *
 * A task that can be preempted may be anywhere at its next step, so a task has a CPU only while it is
 * pinned: `at`. Two tasks pinned to one CPU exclude each other. Every process has variables of its own
 * called `c`, the CPU whose state it is about, and `at`, where it is.
 */
#define CPUS		2
#define NOBODY		0
#define me		_pid
#define my_bit		(1 << _pid)

/* Who has preemption off there. */
byte pinned[CPUS];
bool online[CPUS] = true;
/* Whether workers of the CPU run nowhere else, workqueue_online_cpu() to workqueue_offline_cpu(). */
bool bound[CPUS] = true;

/* cpus_write_lock() and cpus_read_lock(). */
bool hotplug_busy;
byte hotplug_readers;

#ifdef INTERRUPTS
/* Whether an interrupt handler runs there; whoever is pinned there stands still meanwhile. */
bool interrupted[CPUS + 1];
/* The CPU that a process is pinned to; CPUS if it is to none. */
byte cpu_of[PROCESSES] = CPUS;
#define UNLESS_INTERRUPTED	provided (!interrupted[cpu_of[_pid]])
#define is_free(c)		(pinned[c] == NOBODY && online[c] && !interrupted[c])
#define is_quiet(c)		(pinned[c] == NOBODY && !interrupted[c])
#define set_pinned(c)		pinned[c] = me; cpu_of[_pid] = c
#define set_unpinned(c)		pinned[c] = NOBODY; cpu_of[_pid] = CPUS
#else
#define UNLESS_INTERRUPTED
#define is_free(c)		(pinned[c] == NOBODY && online[c])
#define is_quiet(c)		(pinned[c] == NOBODY)
#define set_pinned(c)		pinned[c] = me
#define set_unpinned(c)		pinned[c] = NOBODY
#endif

/* preempt_disable(), on whatever CPU the task is on by then. */
inline pin_anywhere()
{
	atomic {
		if
		:: is_free(0) -> at = 0
		:: is_free(1) -> at = 1
		fi;
		set_pinned(at)
	}
}

inline unpin()
{
	set_unpinned(at)
}

/*
 * synchronize_rcu(): each CPU has been seen without preemption off once, in any order. That the CPU
 * is pinned again before the last one was seen does not matter, as in the kernel.
 */
inline synchronize_rcu()
{
	if
	:: is_quiet(0) -> is_quiet(1)
	:: is_quiet(1) -> is_quiet(0)
	fi
}

/* Around what must not be while a CPU comes or goes. */
inline cpus_read_lock()
{
	atomic { !hotplug_busy -> hotplug_readers++ }
}

inline cpus_read_unlock()
{
	hotplug_readers--
}
