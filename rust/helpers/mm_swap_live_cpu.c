// SPDX-License-Identifier: GPL-2.0

/* include/linux/percpu-defs.h: static per-CPU storage, which hot paths reach by one addition. */

#include <linux/local_lock.h>
#include <linux/percpu-defs.h>

#include "mm_swap_live.h"

DEFINE_PER_CPU_ALIGNED(struct mm_swap_live_cpu, mm_swap_live_cpu) = {
#ifdef CONFIG_PREEMPT_RT
	.hand_lock = INIT_LOCAL_LOCK(hand_lock),
#endif
};
