// SPDX-License-Identifier: GPL-2.0

/* include/linux/cpumask.h: which CPUs there are. */

#include <linux/cpumask.h>

#include "pwlocks.h"

/* The first possible CPU after @cpu (-1 to begin), or nr_cpu_ids. */
unsigned int pwlocks_next_possible_cpu(int cpu)
{
	return cpumask_next(cpu, cpu_possible_mask);
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
