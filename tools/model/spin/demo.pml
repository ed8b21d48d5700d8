/* SPDX-License-Identifier: GPL-2.0 */

/*
 * mm_swap_demo: locks that follow the mode by themselves, and so no notifier. Its callers can wait for
 * hotplug, so its drains keep their promise whatever CPU goes down (Mm::wait_for_hotplug()).
 */
#define work_allowed			true
#define keeps_promise			true

#define notifier_enter()		skip
#define notifier_wait_for_tasks()	skip
#define notifier_remote_allowed()	skip
#define notifier_remote_forbidden()	skip
#define notifier_leave()		skip

/* With the pass's mutex held, and no requester's section open. */
#ifdef MUTANT_HOTPLUG_NOT_WAITED_FOR
#define wait_for_hotplug()		goto round
#else
#define wait_for_hotplug()		cpus_read_lock(); cpus_read_unlock(); goto round
#endif

#define dead_callbacks()		drain_remote(true)

#define unload()			skip

/* The callers are the demo's own: there is no entry at which something is decided. */
#define enter_function(replaced)		skip
#define leave_function()		skip
#define begin_own_work()		skip
#define lru_add_drain_all()		drain_all()

/* drain_local_locked(), and what pwlocks_lock_owner() takes for a worker. */
#define lock_hand()			lock_local(HAND)
#define unlock_hand()			unlock_local(HAND)
#define WORKERS_HAND			(HAND + at)
