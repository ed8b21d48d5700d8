// SPDX-License-Identifier: GPL-2.0

/* include/linux/mm.h, include/linux/vmstat.h, include/linux/swap.h */

#include <linux/mm.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "mm_swap_live.h"

void mm_swap_live_folio_put(struct folio *folio)
{
	folio_put(folio);
}

#ifdef HAVE_lru_cache_drain_for_folio
/*
 * Whether @folio has the references that it is known to have, and none in a batch. No more than a
 * guess while it is mapped or unmapped.
 */
bool mm_swap_live_folio_has_only(const struct folio *folio, unsigned int extra_refs)
{
	return folio_ref_count(folio) == folio_expected_ref_count(folio) + extra_refs;
}

static_assert(LRU_CACHE_NOT_DRAINED == MM_SWAP_LIVE_NOT_DRAINED);
static_assert(LRU_CACHE_DRAINED == MM_SWAP_LIVE_DRAINED);
static_assert(LRU_CACHE_DRAINED_ALL == MM_SWAP_LIVE_DRAINED_ALL);
static_assert(sizeof(enum lru_cache_drained) == sizeof(u32));
#endif

/* Counts @folio as mlocked. With preemption off (PREEMPT_RT: not used). */
void mm_swap_live_count_mlocked(struct folio *folio)
{
	long pages = folio_nr_pages(folio);

	zone_stat_mod_folio(folio, NR_MLOCK, pages);
	__count_vm_events(UNEVICTABLE_PGMLOCKED, pages);
}
