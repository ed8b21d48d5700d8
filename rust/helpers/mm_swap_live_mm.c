// SPDX-License-Identifier: GPL-2.0

/* include/linux/mm.h, include/linux/vmstat.h */

#include <linux/mm.h>
#include <linux/vmstat.h>

#include "mm_swap_live.h"

void mm_swap_live_folio_put(struct folio *folio)
{
	folio_put(folio);
}

/* Counts @folio as mlocked. With preemption off (PREEMPT_RT: not used). */
void mm_swap_live_count_mlocked(struct folio *folio)
{
	long pages = folio_nr_pages(folio);

	zone_stat_mod_folio(folio, NR_MLOCK, pages);
	__count_vm_events(UNEVICTABLE_PGMLOCKED, pages);
}
