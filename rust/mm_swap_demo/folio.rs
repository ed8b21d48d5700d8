// SPDX-License-Identifier: GPL-2.0

//! The module's folios: real pages, described by words of our own.
//!
//! The kernel's flags, count and list head of the pages are left alone.

use crate::{
    bindings,
    list::Links,
    mm::{
        batch::Kind,
        folio::Flag, //
    },
    nodes::Node,
};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release, //
    },
};

/// The kinds of per-CPU batch a folio may be in, by `MM_SWAP_DEMO_BATCH_*`.
pub(crate) const BATCHES: usize = bindings::MM_SWAP_DEMO_BATCH_COUNT as usize;

/// One folio.
///
/// # Invariants
///
/// `pages` is a folio of `1 << order` pages that this value owns a reference to.
#[repr(align(8))]
pub(crate) struct Folio {
    /// `MM_SWAP_DEMO_FOLIO_*`
    flags: Atomic<u32>,
    refs: Atomic<i32>,
    mlock_count: Atomic<u32>,
    order: u32,
    node: i32,
    pages: NonNull<kernel::bindings::folio>,
    /// Which list it is on; see [`crate::nodes`].
    pub(crate) links: Links,
    /// How many slots refer to it, by kind of batch.
    slots: [Atomic<i32>; BATCHES],
    batched_seq: Atomic<u64>,
    listed_seq: Atomic<u64>,
}

// SAFETY: The pages are only freed; `links` are protected by the lists' lock.
unsafe impl Send for Folio {}

// SAFETY: As above, and the rest is atomic or never changes.
unsafe impl Sync for Folio {}

impl Folio {
    /// Allocates a folio of `1 << order` pages on `node`, or near if that is `None`, with one
    /// reference. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new(order: u32, node: Option<Node>, flags: u32) -> Result<KBox<Self>> {
        // Reserved first, so that nothing can fail once there are pages.
        let room = KBox::new_uninit(GFP_KERNEL)?;

        let nid = node.map_or(kernel::bindings::NUMA_NO_NODE, Node::id);
        // SAFETY: The node has memory, or we let the kernel choose.
        let pages = unsafe { bindings::mm_swap_demo_folio_alloc(order, nid) };
        let pages = NonNull::new(pages).ok_or(ENOMEM)?;
        // SAFETY: A folio that was just allocated.
        let node = unsafe { bindings::mm_swap_demo_folio_nid(pages.as_ptr()) };

        let swapbacked = if flags & bindings::MM_SWAP_DEMO_FOLIO_FILE == 0 {
            bindings::MM_SWAP_DEMO_FOLIO_SWAPBACKED
        } else {
            0
        };

        // INVARIANT: The folio was just allocated with one reference.
        Ok(KBox::write(
            room,
            Self {
                flags: Atomic::new(flags | swapbacked),
                refs: Atomic::new(1),
                mlock_count: Atomic::new(0),
                order,
                node,
                pages,
                links: Links::new(),
                slots: [const { Atomic::new(0) }; BATCHES],
                batched_seq: Atomic::new(0),
                listed_seq: Atomic::new(0),
            },
        ))
    }

    /// Returns the order.
    pub(crate) fn order(&self) -> u32 {
        self.order
    }

    /// Returns the node its memory is on.
    pub(crate) fn node(&self) -> i32 {
        self.node
    }

    /// Returns all its `MM_SWAP_DEMO_FOLIO_*`.
    pub(crate) fn flags(&self) -> u32 {
        self.flags.load(Relaxed)
    }

    /// Returns how many references there are.
    pub(crate) fn refs(&self) -> i32 {
        self.refs.load(Relaxed)
    }

    /// Puts a reference and returns whether it was the last.
    pub(crate) fn put_testzero(&self) -> bool {
        self.refs.fetch_sub(1, Full) == 1
    }

    /// Notes that it goes to the LRU, and returns whether it had gone before.
    pub(crate) fn test_and_set_added(&self) -> bool {
        let added = bindings::MM_SWAP_DEMO_FOLIO_ADDED;

        self.update(|flags| flags | added) & added != 0
    }

    /// Notes one more slot of a batch that refers to it, which numbered `seq` among the events.
    pub(crate) fn entered(&self, batch: usize, seq: u64) {
        self.slots[batch].fetch_add(1, Relaxed);
        self.batched_seq.store(seq, Release);
    }

    /// Notes one slot less.
    pub(crate) fn left(&self, batch: usize) {
        self.slots[batch].fetch_sub(1, Relaxed);
    }

    /// Returns a bit for each kind of batch that refers to it.
    pub(crate) fn batches(&self) -> u32 {
        (0..BATCHES)
            .filter(|&batch| self.slots[batch].load(Relaxed) > 0)
            .fold(0, |bits, batch| bits | 1 << batch)
    }

    /// Notes that it was put on a list, as number `seq()` of the events if it is the first time.
    pub(crate) fn listed(&self, seq: impl FnOnce() -> u64) {
        if self.listed_seq.load(Relaxed) == 0 {
            self.listed_seq.store(seq(), Release);
        }
    }

    /// Returns the number of the event when it last entered a batch, or 0.
    pub(crate) fn batched_seq(&self) -> u64 {
        self.batched_seq.load(Acquire)
    }

    /// Returns the number of the event when it was first put on a list, or 0.
    pub(crate) fn listed_seq(&self) -> u64 {
        self.listed_seq.load(Acquire)
    }

    /// Changes the flags in one go and returns them as they were. A full barrier.
    fn update(&self, new: impl Fn(u32) -> u32) -> u32 {
        let mut old = self.flags.load(Relaxed);

        loop {
            match self.flags.cmpxchg(old, new(old), Full) {
                Ok(old) => return old,
                Err(now) => old = now,
            }
        }
    }
}

impl Drop for Folio {
    fn drop(&mut self) {
        // SAFETY: By the type invariants the reference is ours.
        unsafe { bindings::mm_swap_demo_folio_put(self.pages.as_ptr()) };
    }
}

/// Returns the bit of `flag`.
const fn bit(flag: Flag) -> u32 {
    match flag {
        Flag::Lru => bindings::MM_SWAP_DEMO_FOLIO_LRU,
        Flag::Active => bindings::MM_SWAP_DEMO_FOLIO_ACTIVE,
        Flag::Unevictable => bindings::MM_SWAP_DEMO_FOLIO_UNEVICTABLE,
        Flag::Mlocked => bindings::MM_SWAP_DEMO_FOLIO_MLOCKED,
        Flag::Referenced => bindings::MM_SWAP_DEMO_FOLIO_REFERENCED,
        Flag::Swapbacked => bindings::MM_SWAP_DEMO_FOLIO_SWAPBACKED,
        Flag::Dirty => bindings::MM_SWAP_DEMO_FOLIO_DIRTY,
        Flag::Writeback => bindings::MM_SWAP_DEMO_FOLIO_WRITEBACK,
        Flag::Reclaim => bindings::MM_SWAP_DEMO_FOLIO_RECLAIM,
    }
}

// SAFETY: A folio is freed only by whoever puts the last reference, see `Demo::put()`, and is
// aligned to eight bytes.
unsafe impl crate::mm::folio::Folio for Folio {
    fn test(&self, flag: Flag) -> bool {
        self.flags() & bit(flag) != 0
    }

    fn set(&self, flag: Flag) {
        self.test_and_set(flag);
    }

    fn clear(&self, flag: Flag) {
        self.test_and_clear(flag);
    }

    fn test_and_set(&self, flag: Flag) -> bool {
        self.update(|flags| flags | bit(flag)) & bit(flag) != 0
    }

    fn test_and_clear(&self, flag: Flag) -> bool {
        self.update(|flags| flags & !bit(flag)) & bit(flag) != 0
    }

    fn is_anon(&self) -> bool {
        self.flags() & bindings::MM_SWAP_DEMO_FOLIO_FILE == 0
    }

    fn is_swapcache(&self) -> bool {
        // There is no swap here.
        false
    }

    fn may_be_cached(&self) -> bool {
        self.order == 0
    }

    fn inc_ref(&self) {
        self.refs.fetch_add(1, Relaxed);
    }
}

impl crate::mm::folio::Listed for Folio {
    fn is_mapped(&self) -> bool {
        self.flags() & bindings::MM_SWAP_DEMO_FOLIO_MAPPED != 0
    }

    fn is_mapping_unevictable(&self) -> bool {
        self.flags() & bindings::MM_SWAP_DEMO_FOLIO_PINNED != 0
    }

    fn try_freeze(&self) -> bool {
        self.refs.cmpxchg(1, 0, Full).is_ok()
    }

    fn mlock_count(&self) -> u32 {
        self.mlock_count.load(Relaxed)
    }

    fn set_mlock_count(&self, count: u32) {
        self.mlock_count.store(count, Relaxed);
    }
}

/// Returns the `MM_SWAP_DEMO_BATCH_*` of a kind of batch.
pub(crate) const fn batch_number(kind: Kind) -> usize {
    let number = match kind {
        Kind::LruAdd => bindings::MM_SWAP_DEMO_BATCH_LRU_ADD,
        Kind::DeactivateFile => bindings::MM_SWAP_DEMO_BATCH_LRU_DEACTIVATE_FILE,
        Kind::Deactivate => bindings::MM_SWAP_DEMO_BATCH_LRU_DEACTIVATE,
        Kind::Lazyfree => bindings::MM_SWAP_DEMO_BATCH_LRU_LAZYFREE,
        Kind::Activate => bindings::MM_SWAP_DEMO_BATCH_LRU_ACTIVATE,
        Kind::MoveTail => bindings::MM_SWAP_DEMO_BATCH_LRU_MOVE_TAIL,
        Kind::Mlock => bindings::MM_SWAP_DEMO_BATCH_MLOCK,
    };

    number as usize
}
