/* SPDX-License-Identifier: GPL-2.0 */

/*
 * A CPU that goes down, and comes back or not: kernel/cpu.c, and the callback of
 * rust/helpers/cpuhotplug.c and rust/pwlocks/hotplug.rs.
 */
#define GOING_DOWN	1

inline take_down()
{
	atomic { hotplug_readers == 0 -> hotplug_busy = true };
	/* workqueue_offline_cpu() */
	bound[c] = false;
	/* take_cpu_down(), in stop_machine(): nobody has preemption off. */
	atomic { is_quiet(0) && is_quiet(1) -> online[c] = false };
	dead_callbacks();
	if
	:: skip
	:: online[c] = true; bound[c] = true
	fi;
	hotplug_busy = false
}
