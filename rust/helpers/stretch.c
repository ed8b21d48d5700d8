// SPDX-License-Identifier: GPL-2.0

/* include/linux/delay.h: the spinning of a build with stretched time. */

#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jhash.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "stretch.h"

/* The longest time at one point: less than a tick, for it may pass with interrupts off. */
#define PW_STRETCH_MAX_US	200

/* How many go past a point for each that spins there. All would do nothing else. */
#define PW_STRETCH_ONE_IN	8

static DEFINE_PER_CPU(u32, pw_stretch_points);

/*
 * Spins for a pseudo-random time, or not at all. Only tasks do: what interrupts them finds them in
 * the middle, and would itself come again before it is through.
 */
void pwlocks_stretch_time(void)
{
	u32 random;

	if (!in_task())
		return;

	random = jhash_2words(this_cpu_inc_return(pw_stretch_points), raw_smp_processor_id(), 0);
	if (random % PW_STRETCH_ONE_IN)
		return;
	udelay(random / PW_STRETCH_ONE_IN % (PW_STRETCH_MAX_US + 1));
}
EXPORT_SYMBOL_GPL(pwlocks_stretch_time);
