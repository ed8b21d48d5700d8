// SPDX-License-Identifier: GPL-2.0

/* include/linux/sched/isolation.h, for a build with ALTERNATIVE= only. */

#include <linux/sched/isolation.h>

#include "mm_swap_live.h"

/* nohz_full= or isolcpus=nohz was given for it at boot. */
bool mm_swap_live_is_isolated(unsigned int cpu)
{
	return !housekeeping_cpu(cpu, HK_TYPE_KERNEL_NOISE);
}
