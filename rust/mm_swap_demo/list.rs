// SPDX-License-Identifier: GPL-2.0

//! A list of folios that holds no references, as the LRU lists don't.
//!
//! That is what sets it apart from [`kernel::list`]: the last reference is put while the folio is
//! on its list, and whoever puts it takes it off.

use crate::folio::Folio;
use core::{
    cell::UnsafeCell,
    ptr, //
};
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// Not on a list.
pub(crate) const NONE: u32 = crate::bindings::MM_SWAP_DEMO_LIST_NONE;

/// What a folio knows about the list it is on.
pub(crate) struct Links {
    /// The number of the list, or [`NONE`]. Written under the lists' lock, read by anyone.
    list: Atomic<u32>,
    /// The neighbours. Under the lists' lock.
    around: UnsafeCell<Around>,
}

struct Around {
    prev: *const Folio,
    next: *const Folio,
}

impl Links {
    /// On no list.
    pub(crate) fn new() -> Self {
        Self {
            list: Atomic::new(NONE),
            around: UnsafeCell::new(Around {
                prev: ptr::null(),
                next: ptr::null(),
            }),
        }
    }

    /// Returns the number of the list it is on, or [`NONE`]. Without the lists' lock a snapshot.
    pub(crate) fn list(&self) -> u32 {
        self.list.load(Relaxed)
    }
}

/// The lists of one node, numbered from 0 (`MM_SWAP_DEMO_LIST_*`).
///
/// # Invariants
///
/// `ends` and the links of the folios on each list form a doubly linked list without a cycle. All
/// folios on it are alive, say its number, and are linked by nobody else.
pub(crate) struct LruLists<const N: usize> {
    lists: [List; N],
}

struct List {
    first: *const Folio,
    last: *const Folio,
    len: u64,
}

// SAFETY: The folios may be linked and unlinked from any task.
unsafe impl<const N: usize> Send for LruLists<N> {}

impl<const N: usize> LruLists<N> {
    /// Makes empty lists.
    pub(crate) const fn new() -> Self {
        // INVARIANT: Nothing is on a list.
        Self {
            lists: [const {
                List {
                    first: ptr::null(),
                    last: ptr::null(),
                    len: 0,
                }
            }; N],
        }
    }

    /// Returns how many folios each list has.
    pub(crate) fn lens(&self) -> [u64; N] {
        self.lists.each_ref().map(|list| list.len)
    }

    /// Returns the links of a neighbour.
    ///
    /// # Safety
    ///
    /// `folio` must be on a list of these.
    unsafe fn around(&mut self, folio: *const Folio) -> &mut Around {
        // SAFETY: By the function's requirements and the type invariants it is alive.
        let links = unsafe { &(*folio).links };

        // SAFETY: By the type invariants only these lists use it, and they are borrowed.
        unsafe { &mut *links.around.get() }
    }

    /// Puts `folio`, which is on no list, on list number `n`: at the tail, or else at the head.
    ///
    /// # Safety
    ///
    /// `folio` must be taken off before it is freed, and until then be used with these lists only.
    pub(crate) unsafe fn add(&mut self, folio: &Folio, n: u32, tail: bool) {
        let this = ptr::from_ref(folio);
        let list = &self.lists[n as usize];
        let (prev, next) = if tail {
            (list.last, ptr::null())
        } else {
            (ptr::null(), list.first)
        };

        if kernel::warn_on!(folio.links.list() != NONE) {
            return;
        }
        folio.links.list.store(n, Relaxed);
        // SAFETY: It is about to be on the list, and alive.
        *unsafe { self.around(this) } = Around { prev, next };
        // INVARIANT: The neighbours, or the ends, get to know it.
        self.link(n, prev, next, this, this);
        self.lists[n as usize].len += 1;
    }

    /// Takes `folio` off the list it is on.
    pub(crate) fn del(&mut self, folio: &Folio) {
        let n = folio.links.list();

        if kernel::warn_on!(n == NONE) {
            return;
        }
        // SAFETY: It is on a list.
        let Around { prev, next } = *unsafe { self.around(folio) };

        // INVARIANT: The neighbours, or the ends, get to know each other.
        self.link(n, prev, next, next, prev);
        folio.links.list.store(NONE, Relaxed);
        self.lists[n as usize].len -= 1;
    }

    /// Makes `after_prev` follow `prev` and `before_next` precede `next`, where null stands for the
    /// end of list number `n`.
    fn link(
        &mut self,
        n: u32,
        prev: *const Folio,
        next: *const Folio,
        after_prev: *const Folio,
        before_next: *const Folio,
    ) {
        if prev.is_null() {
            self.lists[n as usize].first = after_prev;
        } else {
            // SAFETY: A neighbour is on the list.
            unsafe { self.around(prev) }.next = after_prev;
        }
        if next.is_null() {
            self.lists[n as usize].last = before_next;
        } else {
            // SAFETY: A neighbour is on the list.
            unsafe { self.around(next) }.prev = before_next;
        }
    }
}
