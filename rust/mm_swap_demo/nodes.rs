// SPDX-License-Identifier: GPL-2.0

//! The LRU lists: one set per NUMA node, under a lock per node.

use crate::{
    bindings,
    counts::Counts,
    folio::Folio,
    irq_lock::{
        Guard,
        IrqLock, //
    },
    list::{
        LruLists,
        NONE, //
    },
    mm::{
        folio::{
            Flag,
            Folio as _, //
        },
        lists::{
            Lists,
            LockedLists, //
        }, //
    },
};
use kernel::{
    prelude::*,
    static_lock_class,
    sync::Arc, //
};

/// The lists of a node.
pub(crate) const LISTS: usize = bindings::MM_SWAP_DEMO_LIST_COUNT as usize;

/// The number of a node.
///
/// # Invariants
///
/// The node has memory. (It may lose that; then there is none to be had from it.)
#[derive(Clone, Copy)]
pub(crate) struct Node(i32);

impl Node {
    /// Returns the node numbered `id`, or `None` if there is no memory on it.
    pub(crate) fn new(id: i32) -> Option<Self> {
        // SAFETY: The function takes any number.
        if unsafe { bindings::mm_swap_demo_node_has_memory(id) } {
            // INVARIANT: Just checked.
            Some(Self(id))
        } else {
            None
        }
    }

    /// Returns the number.
    pub(crate) fn id(self) -> i32 {
        self.0
    }
}

/// Returns the list that a folio belongs on by its flags (`folio_lru_list()`).
fn list_of(folio: &Folio) -> u32 {
    if folio.test(Flag::Unevictable) {
        return bindings::MM_SWAP_DEMO_LIST_UNEVICTABLE;
    }
    match (folio.test(Flag::Swapbacked), folio.test(Flag::Active)) {
        (true, false) => bindings::MM_SWAP_DEMO_LIST_INACTIVE_ANON,
        (true, true) => bindings::MM_SWAP_DEMO_LIST_ACTIVE_ANON,
        (false, false) => bindings::MM_SWAP_DEMO_LIST_INACTIVE_FILE,
        (false, true) => bindings::MM_SWAP_DEMO_LIST_ACTIVE_FILE,
    }
}

/// Every node's lists.
///
/// # Invariants
///
/// A folio is on a list of its own node only, and not when it is freed.
pub(crate) struct Nodes {
    nodes: KVec<Pin<KBox<IrqLock<LruLists<LISTS>>>>>,
    counts: Arc<Counts>,
}

impl Nodes {
    /// Makes empty lists for every possible node. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new(counts: Arc<Counts>) -> Result<Self> {
        // SAFETY: Reads what was found at boot.
        let n = unsafe { bindings::mm_swap_demo_nr_node_ids() };
        let mut nodes = KVec::new();

        for _ in 0..n {
            let lists = IrqLock::new(LruLists::new(), c"lru_lock", static_lock_class!());

            nodes.push(KBox::pin_init(lists, GFP_KERNEL)?, GFP_KERNEL)?;
        }
        Ok(Self { nodes, counts })
    }

    /// Returns the lengths of the lists, node by node.
    pub(crate) fn lens(&self) -> impl Iterator<Item = [u64; LISTS]> + '_ {
        self.nodes.iter().map(|node| node.lock().lens())
    }

    /// Takes a folio without references off its list, if it is on one (`page_cache_release()`).
    pub(crate) fn release(&self, folio: &Folio) {
        if folio.links.list() != NONE {
            self.lock(folio).del(folio);
        }
    }
}

impl Lists for Nodes {
    type Folio = Folio;
    type Locked<'a> = Locked<'a>;

    fn lock(&self, folio: &Folio) -> Locked<'_> {
        Locked {
            lists: self.nodes[folio.node() as usize].lock(),
            node: folio.node(),
            counts: &self.counts,
        }
    }
}

/// One node's lists, locked.
pub(crate) struct Locked<'a> {
    lists: Guard<'a, LruLists<LISTS>>,
    node: i32,
    counts: &'a Counts,
}

impl Locked<'_> {
    fn put_on(&mut self, folio: &Folio, tail: bool) {
        // SAFETY: It is of this node, whose lists are the only ones it is used with; freeing it
        // takes it off before, see `Nodes::release()`.
        unsafe { self.lists.add(folio, list_of(folio), tail) };
        self.counts.isolated.sub(1);
        folio.listed(|| self.counts.event());
    }
}

impl LockedLists for Locked<'_> {
    type Folio = Folio;

    fn covers(&self, folio: &Folio) -> bool {
        folio.node() == self.node
    }

    fn add(&mut self, folio: &Folio) {
        self.put_on(folio, false);
    }

    fn add_tail(&mut self, folio: &Folio) {
        self.put_on(folio, true);
    }

    fn del(&mut self, folio: &Folio) {
        self.lists.del(folio);
        self.counts.isolated.add(1);
    }
}
