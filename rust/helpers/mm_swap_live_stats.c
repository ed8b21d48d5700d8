// SPDX-License-Identifier: GPL-2.0

/*
 * include/linux/percpu-defs.h: what other CPUs did for each CPU. Not on the cache line of its locks,
 * which its hot paths use.
 */

#include <linux/percpu-defs.h>

#include "mm_swap_live.h"

DEFINE_PER_CPU_ALIGNED(struct mm_swap_live_stats, mm_swap_live_stats);
