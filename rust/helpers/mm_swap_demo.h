/* SPDX-License-Identifier: GPL-2.0 */
/* What the Rust side of mm_swap_demo.ko calls in C. bindgen reads this file (rust/bindings/). */
#ifndef _MM_SWAP_DEMO_HELPERS_H
#define _MM_SWAP_DEMO_HELPERS_H

#include <linux/mm_types.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

/* mm_swap_demo_gfp.c */
struct folio *mm_swap_demo_folio_alloc(unsigned int order, int nid);
void mm_swap_demo_folio_put(struct folio *folio);
int mm_swap_demo_folio_nid(struct folio *folio);

/* mm_swap_demo_mm.c */
unsigned long mm_swap_demo_totalram_pages(void);

/* mm_swap_demo_nodemask.c */
int mm_swap_demo_nr_node_ids(void);
bool mm_swap_demo_node_has_memory(int nid);

/* mm_swap_demo_spinlock.c */
unsigned long mm_swap_demo_spin_lock_irqsave(spinlock_t *lock);
void mm_swap_demo_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);

#endif /* _MM_SWAP_DEMO_HELPERS_H */
