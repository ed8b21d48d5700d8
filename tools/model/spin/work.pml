/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The workqueue and its workers: rust/pwlocks/workqueue.rs, and what the kernel promises of
 * queue_work_on() and flush_work().
 */

/* Queued, and being run. */
bool pending[CPUS];
bool running[CPUS];

#define is_idle(c)		(!pending[c] && !running[c])

/* Where a worker for c finds itself: there, while it is bound; on any CPU when c is going down. */
inline worker_pins()
{
	atomic {
		if
		:: is_free(c) -> at = c
		:: !bound[c] && is_free(1 - c) -> at = 1 - c
		fi;
		set_pinned(at)
	}
}
