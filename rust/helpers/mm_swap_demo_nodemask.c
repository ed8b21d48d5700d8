// SPDX-License-Identifier: GPL-2.0

/* include/linux/nodemask.h: which NUMA nodes there are. */

#include <linux/nodemask.h>

#include "mm_swap_demo.h"

/* Node numbers are below this. */
int mm_swap_demo_nr_node_ids(void)
{
	return nr_node_ids;
}

bool mm_swap_demo_node_has_memory(int nid)
{
	return nid >= 0 && nid < nr_node_ids && node_state(nid, N_MEMORY);
}
