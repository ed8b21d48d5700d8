// SPDX-License-Identifier: GPL-2.0

/* include/linux/sched/isolation.h: does the kernel keep noise off some CPUs? */

#include <linux/sched/isolation.h>

#include "pwlocks.h"

/* nohz_full= or isolcpus=nohz was given at boot. */
bool pwlocks_kernel_noise_isolated(void)
{
	return housekeeping_enabled(HK_TYPE_KERNEL_NOISE);
}

/* isolcpus=domain was given at boot, or a cpuset partition is isolated. */
bool pwlocks_domain_isolated(void)
{
	return housekeeping_enabled(HK_TYPE_DOMAIN);
}
