/* SPDX-License-Identifier: GPL-2.0 */
/* What the Rust side of mm_swap_live.ko has of C. bindgen reads this file (rust/bindings/). */
#ifndef _MM_SWAP_LIVE_HELPERS_H
#define _MM_SWAP_LIVE_HELPERS_H

#include <linux/cache.h>
#include <linux/local_lock.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <linux/page-flags-layout.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

/*
 * The locks of one CPU that are ours. Where the kernel's local locks are spinlocks that is the one
 * of what a drain has in its hand; elsewhere, where they are no more than preemption off, one for
 * each. Ticket locks: the low byte is served, the high byte the next one's number.
 */
struct mm_swap_live_cpu {
#ifdef CONFIG_PREEMPT_RT
	local_lock_t	hand_lock;
#else
	u16		lock;
	u16		lock_irq;
	u16		mlock_lock;
	u16		hand_lock;
#endif
	bool		hand;
} ____cacheline_aligned;

/* mm_swap_live_cpu.c */
DECLARE_PER_CPU_ALIGNED(struct mm_swap_live_cpu, mm_swap_live_cpu);

/* What other CPUs did for one CPU. Written by the holder of its hand_lock. */
struct mm_swap_live_stats {
	u64		remote;
	u64		folios;
	u64		avoided;
	u64		longest;
} ____cacheline_aligned;

/* mm_swap_live_stats.c */
DECLARE_PER_CPU_ALIGNED(struct mm_swap_live_stats, mm_swap_live_stats);

/* mm_swap_live_param.c */
extern bool mm_swap_live_drain_locked;

#ifdef CONFIG_PREEMPT_RT
/* mm_swap_live_local_lock.c */
void *mm_swap_live_lock_this(const local_lock_t __percpu *lock);
void mm_swap_live_unlock_this(void *lock);
void mm_swap_live_lock_owner(void *lock);
void mm_swap_live_unlock_owner(void *lock);
#else
/* mm_swap_live_irqflags.c */
unsigned long mm_swap_live_irq_save(void);
void mm_swap_live_irq_restore(unsigned long flags);
#endif

/* mm_swap_live_mm.c */
void mm_swap_live_folio_put(struct folio *folio);
void mm_swap_live_count_mlocked(struct folio *folio);

#ifdef HAVE_lru_cache_drain_for_folio
bool mm_swap_live_folio_has_only(const struct folio *folio, unsigned int extra_refs);

/* enum lru_cache_drained, whose header bindgen had better not read. */
#define MM_SWAP_LIVE_NOT_DRAINED	0
#define MM_SWAP_LIVE_DRAINED		1
#define MM_SWAP_LIVE_DRAINED_ALL	2
#endif

#ifdef __BINDGEN__
/*
 * Where the flags word counts accesses, see LRU_REFS_FLAGS in include/linux/mmzone.h. The kernel's
 * min() is not for constants at file scope.
 */
#undef min
#define min(a, b)	((a) < (b) ? (a) : (b))
static const unsigned long mm_swap_live_lru_refs_mask = LRU_REFS_MASK;
static const unsigned long mm_swap_live_lru_refs_one = BIT(LRU_REFS_PGOFF);
#endif

/* mm_swap_live_isolation.c */
bool mm_swap_live_is_isolated(unsigned int cpu);

/* mm_swap_live_srcu.c */
struct srcu_ctr __percpu *mm_swap_live_enter(void);
void mm_swap_live_leave(struct srcu_ctr __percpu *section);
void mm_swap_live_wait_for_leave(void);

#endif /* _MM_SWAP_LIVE_HELPERS_H */
