/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * User interface of mm_swap_demo.ko: the character device /dev/mm_swap_demo (mode 0600).
 *
 * The module keeps folios of its own, per-CPU batches for them as the kernel keeps them for its
 * LRU lists, and LRU lists per NUMA node. A program allocates folios through the device, names
 * them by handles, moves them about and asks for drains.
 *
 * Errors, unless a call says more. A call that fails has had no effect, except where noted.
 *
 *	EINVAL	a count, order, node, CPU, flag, operation or handle is out of range, a handle was
 *		freed already, or a reserved field is not zero
 *	EPERM	a handle that was given out to another open file
 *	EFAULT	a user pointer is bad; when the kernel finds that out while writing a result, what
 *		was asked for has been done, except that ALLOC takes its folios back
 *	ENOMEM	too much memory was asked for
 *	ENOTTY	not an ioctl of this device
 *
 * Handles belong to the open file, shared by all tasks that share it. The last close gives up
 * every handle, and takes back every CACHE_DISABLE; a folio that a batch still refers to stays
 * until that batch is drained.
 */
#ifndef _UAPI_LINUX_MM_SWAP_DEMO_H
#define _UAPI_LINUX_MM_SWAP_DEMO_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Folios are of 1 << order pages, 0 <= order <= this. Order 0 is batched, larger ones drain at
 * once.
 */
#define MM_SWAP_DEMO_ORDER_MAX		4
/* The most handles in one call. */
#define MM_SWAP_DEMO_COUNT_MAX		65536
/* Slots of one batch. */
#define MM_SWAP_DEMO_BATCH_SIZE		31
/* The most CACHE_DISABLE one open file may have in force; one more is EINVAL. */
#define MM_SWAP_DEMO_DISABLE_MAX	1024

/* Node: the nearest that has memory. */
#define MM_SWAP_DEMO_NODE_ANY		(-1)

/*
 * What a folio is, given at ALLOC and reported by QUERY. Without FILE it is anonymous: it then has
 * SWAPBACKED, which QUERY reports. The four that follow stand for the state of a folio of the
 * kernel that decides what an operation does with it.
 */
#define MM_SWAP_DEMO_FOLIO_FILE		(1U << 0)
#define MM_SWAP_DEMO_FOLIO_DIRTY	(1U << 1)
#define MM_SWAP_DEMO_FOLIO_WRITEBACK	(1U << 2)
#define MM_SWAP_DEMO_FOLIO_MAPPED	(1U << 3)
/* Its mapping is never reclaimed from: the folio goes to the unevictable list without mlock. */
#define MM_SWAP_DEMO_FOLIO_PINNED	(1U << 4)
#define MM_SWAP_DEMO_FOLIO_ALLOC_FLAGS	0x1fU

/* Only reported by QUERY. */
#define MM_SWAP_DEMO_FOLIO_LRU		(1U << 8)
#define MM_SWAP_DEMO_FOLIO_ACTIVE	(1U << 9)
#define MM_SWAP_DEMO_FOLIO_UNEVICTABLE	(1U << 10)
#define MM_SWAP_DEMO_FOLIO_MLOCKED	(1U << 11)
#define MM_SWAP_DEMO_FOLIO_REFERENCED	(1U << 12)
#define MM_SWAP_DEMO_FOLIO_RECLAIM	(1U << 13)
#define MM_SWAP_DEMO_FOLIO_SWAPBACKED	(1U << 14)
/* It has been given to the LRU by LRU_ADD or MLOCK_NEW, whether or not it has arrived. */
#define MM_SWAP_DEMO_FOLIO_ADDED	(1U << 15)

/**
 * struct mm_swap_demo_alloc - allocate folios
 * @count: in: how many, 1..=MM_SWAP_DEMO_COUNT_MAX
 * @order: in: 0..=MM_SWAP_DEMO_ORDER_MAX
 * @node: in: a node with memory, or MM_SWAP_DEMO_NODE_ANY
 * @flags: in: MM_SWAP_DEMO_FOLIO_* within MM_SWAP_DEMO_FOLIO_ALLOC_FLAGS
 * @handles: in: address of room for @count __u64, which are written
 * @reserved: must be 0
 *
 * All or nothing. ENOMEM as well when the folios of all files would exceed half of the memory.
 * The new folios are in no batch and on no list.
 */
struct mm_swap_demo_alloc {
	__u32 count;
	__u32 order;
	__s32 node;
	__u32 flags;
	__u64 handles;
	__u64 reserved;
};

/*
 * Operations on folios, by the C function each stands for. They happen on the CPU the caller runs
 * on, in the order of the handles.
 */
/* folio_add_lru(): skipped for a folio that was added before. */
#define MM_SWAP_DEMO_OP_LRU_ADD			1
/* deactivate_file_folio(): skipped for an unevictable folio. */
#define MM_SWAP_DEMO_OP_DEACTIVATE_FILE		2
/* folio_deactivate(): skipped unless active and evictable. */
#define MM_SWAP_DEMO_OP_DEACTIVATE		3
/* folio_mark_lazyfree(): skipped unless anonymous, swap-backed, on a list, and evictable. */
#define MM_SWAP_DEMO_OP_LAZYFREE		4
/* folio_activate(): skipped for an active or unevictable folio. */
#define MM_SWAP_DEMO_OP_ACTIVATE		5
/* folio_rotate_reclaimable(): skipped unless on a list, inactive, evictable, clean. */
#define MM_SWAP_DEMO_OP_MOVE_TAIL		6
/*
 * The same from an hrtimer's callback on this CPU, in interrupt context (PREEMPT_RT: in the timer's
 * softirq). Returns when the callback has seen every handle. EINTR when killed before that.
 */
#define MM_SWAP_DEMO_OP_MOVE_TAIL_TIMER		7
/* mlock_folio(). */
#define MM_SWAP_DEMO_OP_MLOCK			8
/* mlock_new_folio(), in place of LRU_ADD: skipped for a folio that was added before. */
#define MM_SWAP_DEMO_OP_MLOCK_NEW		9
/* munlock_folio(). */
#define MM_SWAP_DEMO_OP_MUNLOCK			10
/* Into the second kind of per-CPU cache, which stands for the buffer-head LRUs. */
#define MM_SWAP_DEMO_OP_BH_ADD			11
/* Gives up the handles. A handle named twice is EINVAL. */
#define MM_SWAP_DEMO_OP_FREE			12
/* folio_mark_accessed(): first referenced; then active, by way of a batch if it is on a list. */
#define MM_SWAP_DEMO_OP_ACCESS			13
#define MM_SWAP_DEMO_OP_MAX			13

/**
 * struct mm_swap_demo_op - one operation on many folios
 * @op: in: MM_SWAP_DEMO_OP_*
 * @count: in: how many, 1..=MM_SWAP_DEMO_COUNT_MAX
 * @handles: in: address of @count __u64
 * @done: out: to how many it applied; the others were skipped, as the operation says
 * @cpu: out: the CPU the caller was on at the end
 * @reserved: must be 0
 * @seq: out: the event counter after the last one; see struct mm_swap_demo_query
 *
 * All handles are checked before the first is touched.
 */
struct mm_swap_demo_op {
	__u32 op;
	__u32 count;
	__u64 handles;
	__u32 done;
	__u32 cpu;
	__u64 reserved;
	__u64 seq;
};

/**
 * struct mm_swap_demo_drain - what a drain did
 * @cpu: in: for DRAIN_CPU the CPU to drain; must be 0 for the others
 * @reserved: must be 0
 * @shared: out: 1 when another caller's pass did it, 0 when this call made the pass
 * @works: out: CPUs for which drain work was asked for
 * @queued: out: how many of @works went to a workqueue; the rest ran on the caller
 * @bh_queued: out: work queued for the second kind of cache
 * @seq_begin: out: the event counter when the call began
 * @seq_end: out: the event counter when it was done
 *
 * Whatever was in a batch at @seq_begin is on a list at @seq_end after DRAIN_ALL, DRAIN_ALL_FORCE
 * and CACHE_DISABLE; after DRAIN and DRAIN_CPU that holds for the batches of the one CPU.
 *
 * DRAIN_CPU is ENODEV for a CPU that is not online. Only DRAIN_ALL and DRAIN_ALL_FORCE touch the
 * second kind of cache.
 */
struct mm_swap_demo_drain {
	__u32 cpu;
	__u32 reserved;
	__u32 shared;
	__u32 works;
	__u32 queued;
	__u32 bh_queued;
	__u64 seq_begin;
	__u64 seq_end;
};

/* The lists. NONE: on no list. */
#define MM_SWAP_DEMO_LIST_INACTIVE_ANON	0
#define MM_SWAP_DEMO_LIST_ACTIVE_ANON	1
#define MM_SWAP_DEMO_LIST_INACTIVE_FILE	2
#define MM_SWAP_DEMO_LIST_ACTIVE_FILE	3
#define MM_SWAP_DEMO_LIST_UNEVICTABLE	4
#define MM_SWAP_DEMO_LIST_COUNT		5
#define MM_SWAP_DEMO_LIST_NONE		0xffffffffU

/* The batches, as bit numbers of @batches. A folio on a list may be in several at once. */
#define MM_SWAP_DEMO_BATCH_LRU_ADD		0
#define MM_SWAP_DEMO_BATCH_LRU_DEACTIVATE_FILE	1
#define MM_SWAP_DEMO_BATCH_LRU_DEACTIVATE	2
#define MM_SWAP_DEMO_BATCH_LRU_LAZYFREE		3
#define MM_SWAP_DEMO_BATCH_LRU_ACTIVATE		4
#define MM_SWAP_DEMO_BATCH_LRU_MOVE_TAIL	5
#define MM_SWAP_DEMO_BATCH_MLOCK		6
#define MM_SWAP_DEMO_BATCH_BH			7
#define MM_SWAP_DEMO_BATCH_COUNT		8

/**
 * struct mm_swap_demo_query - where a folio is
 * @handle: in: the folio
 * @flags: out: MM_SWAP_DEMO_FOLIO_*
 * @order: out
 * @node: out: the node its memory is on
 * @list: out: MM_SWAP_DEMO_LIST_*
 * @mlock_count: out: meaningful on the unevictable list, else 0
 * @batches: out: one bit per batch kind that refers to it on any CPU
 * @refs: out: references to it, the handle's included
 * @reserved: must be 0
 * @batched_seq: out: the event counter when it last entered a batch, 0: never
 * @listed_seq: out: the event counter when it was first put on a list, 0: never
 *
 * The event counter is one for the module and rises by one with every such event, so that a program
 * can tell what came first. It is a snapshot: what runs at the same time may change it.
 */
struct mm_swap_demo_query {
	__u64 handle;
	__u32 flags;
	__u32 order;
	__s32 node;
	__u32 list;
	__u32 mlock_count;
	__u32 batches;
	__u32 refs;
	__u32 reserved;
	__u64 batched_seq;
	__u64 listed_seq;
};

/**
 * struct mm_swap_demo_stats - the module's counts; all out
 * @allocated: folios since load
 * @listed: on a list now
 * @batched: now in a batch that brings them to a list for the first time (lru_add, mlock new)
 * @isolated: off the lists and not on their way in such a batch: not added yet, or in a drain's
 *	hand
 * @freed: folios given back since load
 * @in_hand: batch slots a drain has taken out and not finished with
 * @slots: used batch slots, all kinds and CPUs
 * @bh_slots: used slots of the second kind of cache
 * @pages: pages held now
 * @drain_passes: passes begun by DRAIN_ALL, DRAIN_ALL_FORCE and CACHE_DISABLE
 * @drain_requests: calls of them that have begun a pass or shared one
 * @drain_shared: calls that were served by another's pass
 * @works: drain works asked for
 * @works_queued: how many of these went to a workqueue
 * @bh_queued: works queued for the second kind of cache
 * @cache_disabled: CACHE_DISABLE in force
 * @dead_drains: CPUs drained after they went offline
 * @overlaps: times two contexts were in one batch at once: must be 0. Counted only in a module
 *	built with CONFIG_PWLOCKS_TEST, else 0
 * @files: open files
 * @seq: the event counter
 *
 * When nothing runs, allocated = listed + batched + isolated + freed. While something runs a folio
 * may be seen in two places or in none. Each figure is counted where the folios are: @batched and
 * @slots by looking into the batches, @listed from the lists' lengths, the others by counting
 * events.
 */
struct mm_swap_demo_stats {
	__u64 allocated;
	__u64 listed;
	__u64 batched;
	__u64 isolated;
	__u64 freed;
	__u64 in_hand;
	__u64 slots;
	__u64 bh_slots;
	__u64 pages;
	__u64 drain_passes;
	__u64 drain_requests;
	__u64 drain_shared;
	__u64 works;
	__u64 works_queued;
	__u64 bh_queued;
	__u64 cache_disabled;
	__u64 dead_drains;
	__u64 overlaps;
	__u64 files;
	__u64 seq;
};

#define MM_SWAP_DEMO_IOC_MAGIC	'p'

#define MM_SWAP_DEMO_ALLOC	_IOW(MM_SWAP_DEMO_IOC_MAGIC, 0xc0, struct mm_swap_demo_alloc)
#define MM_SWAP_DEMO_OP		_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc1, struct mm_swap_demo_op)
/* lru_add_drain(): the batches of this CPU. */
#define MM_SWAP_DEMO_DRAIN	_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc2, struct mm_swap_demo_drain)
/* lru_add_drain_cpu(): the batches of @cpu, by way of the dispatcher. */
#define MM_SWAP_DEMO_DRAIN_CPU	_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc3, struct mm_swap_demo_drain)
/* lru_add_drain_all(): callers at the same time may share a pass. */
#define MM_SWAP_DEMO_DRAIN_ALL	_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc4, struct mm_swap_demo_drain)
/* The same, by a pass of its own whoever else has made one. */
#define MM_SWAP_DEMO_DRAIN_ALL_FORCE \
	_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc5, struct mm_swap_demo_drain)
/* lru_cache_disable(): until the matching CACHE_ENABLE every operation drains at once. */
#define MM_SWAP_DEMO_CACHE_DISABLE \
	_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc6, struct mm_swap_demo_drain)
/* lru_cache_enable(): EINVAL without a CACHE_DISABLE of this file in force. */
#define MM_SWAP_DEMO_CACHE_ENABLE	_IO(MM_SWAP_DEMO_IOC_MAGIC, 0xc7)
#define MM_SWAP_DEMO_QUERY	_IOWR(MM_SWAP_DEMO_IOC_MAGIC, 0xc8, struct mm_swap_demo_query)
#define MM_SWAP_DEMO_STATS	_IOR(MM_SWAP_DEMO_IOC_MAGIC, 0xc9, struct mm_swap_demo_stats)

#endif /* _UAPI_LINUX_MM_SWAP_DEMO_H */
