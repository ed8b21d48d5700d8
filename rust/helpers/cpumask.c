// SPDX-License-Identifier: GPL-2.0

/* include/linux/cpumask.h: which CPUs there are. */

#include <linux/cpumask.h>

#include "pwlocks.h"

/* The first possible CPU after @cpu (-1 to begin), or -1. */
int pwlocks_next_possible_cpu(int cpu)
{
	unsigned int next = cpumask_next(cpu, cpu_possible_mask);

	return next < nr_cpu_ids ? next : -1;
}
EXPORT_SYMBOL_GPL(pwlocks_next_possible_cpu);

bool pwlocks_cpu_possible(unsigned int cpu)
{
	return cpu < nr_cpu_ids && cpu_possible(cpu);
}
EXPORT_SYMBOL_GPL(pwlocks_cpu_possible);

bool pwlocks_cpu_online(unsigned int cpu)
{
	return cpu_online(cpu);
}
EXPORT_SYMBOL_GPL(pwlocks_cpu_online);
