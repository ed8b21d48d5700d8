// SPDX-License-Identifier: GPL-2.0

/* include/linux/gfp.h and include/linux/mm.h: folios from the page allocator. */

#include <linux/gfp.h>
#include <linux/mm.h>

#include "mm_swap_demo.h"

/*
 * A folio of 1 << @order pages on @nid, which must have memory; NUMA_NO_NODE: the nearest that has.
 * NULL rather than the OOM killer or a warning. May sleep.
 */
struct folio *mm_swap_demo_folio_alloc(unsigned int order, int nid)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;

	if (nid == NUMA_NO_NODE)
		return folio_alloc(gfp, order);
	return __folio_alloc_node(gfp | __GFP_THISNODE, order, nid);
}

/* Any context but NMI. */
void mm_swap_demo_folio_put(struct folio *folio)
{
	folio_put(folio);
}

int mm_swap_demo_folio_nid(struct folio *folio)
{
	return folio_nid(folio);
}
