// SPDX-License-Identifier: GPL-2.0

//! The owner of the module's folios: [`Mm`] over batches, lists and caches of our own.

use crate::{
    batches::Batches,
    bh::BhLrus,
    bindings,
    counts::Counts,
    folio::{
        batch_number,
        Folio, //
    },
    mm::{
        batch::{
            FolioBatch,
            Kind,
            Tag, //
        },
        cache::CacheSwitch,
        folio::Ref,
        mlock::mlock_folio_batch,
        move_lru::folio_batch_move_lru,
        Mm, //
    },
    nodes::{
        Node,
        Nodes, //
    },
};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::Arc, //
};
use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

/// The folios that the module has, wherever they are.
pub(crate) struct Demo {
    batches: Batches,
    bh: BhLrus,
    cache: CacheSwitch,
    nodes: Nodes,
    counts: Arc<Counts>,
}

impl Demo {
    /// Begins without folios. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new() -> Result<Self> {
        let counts = Arc::new(Counts::default(), GFP_KERNEL)?;

        Ok(Self {
            batches: Batches::new(counts.clone())?,
            bh: BhLrus::new()?,
            cache: CacheSwitch::new(),
            nodes: Nodes::new(counts.clone())?,
            counts,
        })
    }

    /// Returns the counts.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Returns the lists.
    pub(crate) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Returns the batches with what only they have.
    pub(crate) fn own_batches(&self) -> &Batches {
        &self.batches
    }

    /// Returns the second kind of cache.
    pub(crate) fn bh(&self) -> &BhLrus {
        &self.bh
    }

    /// Reserves memory for `pages` pages. `ENOMEM` if that would be too much.
    pub(crate) fn reserve(&self, pages: i64) -> Result {
        // SAFETY: Reads a count.
        let ram = unsafe { bindings::mm_swap_demo_totalram_pages() };

        // The other half is for those who have to live beside us.
        if self.counts.pages.add(pages) > (ram / 2) as i64 {
            self.unreserve(pages);
            return Err(ENOMEM);
        }
        Ok(())
    }

    /// Gives back what [`Self::reserve`] reserved and no folio was allocated for.
    pub(crate) fn unreserve(&self, pages: i64) {
        self.counts.pages.sub(pages);
    }

    /// Allocates a folio within what was reserved, with one reference. May sleep.
    pub(crate) fn allocate(
        &self,
        order: u32,
        node: Option<Node>,
        flags: u32,
    ) -> Result<Ref<Folio>> {
        let folio = NonNull::from(KBox::leak(Folio::new(order, node, flags)?));

        self.counts.allocated.add(1);
        self.counts.isolated.add(1);
        // SAFETY: The folio was made with one reference, which is this.
        Ok(unsafe { Ref::from_raw(folio) })
    }

    /// Frees a folio whose last reference is gone. Any context but NMI, without the lists' lock.
    fn free(&self, folio: Ref<Folio>) {
        let folio = folio.into_raw().as_ptr();
        // SAFETY: Folios come from `KBox::leak()`, and without references nobody else has it.
        let folio = unsafe { KBox::from_raw(folio) };

        self.nodes.release(&folio);
        self.counts.isolated.sub(1);
        self.counts.freed.add(1);
        self.unreserve(1 << folio.order());
    }
}

/// Returns whether a slot brings its folio to a list for the first time.
fn is_new(kind: Kind, tag: Tag) -> bool {
    kind == Kind::LruAdd || tag == Tag::New
}

impl Mm for Demo {
    type Folio = Folio;
    type Batches = Batches;

    fn batches(&self) -> &Batches {
        &self.batches
    }

    fn cache(&self) -> &CacheSwitch {
        &self.cache
    }

    fn move_batch(&self, kind: Kind, batch: &mut FolioBatch<Folio>) {
        let len = batch.len() as i64;

        self.counts.in_hand.add(len);
        for (_, folio, tag) in batch.iter() {
            folio.left(batch_number(kind));
            if is_new(kind, tag) {
                self.counts.isolated.add(1);
            }
        }

        let put = |folio| self.put(folio);

        match kind {
            Kind::Mlock => mlock_folio_batch(&self.nodes, batch, put),
            _ => folio_batch_move_lru(&self.nodes, kind, batch, put, |folio| self.free(folio)),
        }
        self.counts.in_hand.sub(len);
    }

    fn put(&self, folio: Ref<Folio>) {
        if folio.put_testzero() {
            self.free(folio);
        }
    }

    fn batched(&self, folio: &Folio, kind: Kind, tag: Tag) {
        if is_new(kind, tag) {
            self.counts.isolated.sub(1);
        }
        folio.entered(batch_number(kind), self.counts.event());
    }

    fn has_bh(&self, cpu: Cpu) -> bool {
        self.bh.peek_len(cpu) != 0
    }

    fn drain_bh(&self) {
        self.bh.invalidate(|folio| self.put_bh(folio));
    }

    fn drain_bh_dead(&self, owner: &Owner<'_>) {
        self.bh.invalidate_dead(owner, |folio| self.put_bh(folio));
    }

    fn wait_for_hotplug(&self) -> bool {
        // Callers are ioctls, which hold no lock, and module exit. By the time a reader gets in, a
        // hotplug operation is over, with its callbacks.
        //
        // SAFETY: Task context, and the lock is not held.
        unsafe { kernel::bindings::cpus_read_lock() };
        // SAFETY: Just locked.
        unsafe { kernel::bindings::cpus_read_unlock() };
        true
    }
}

impl Demo {
    /// Notes the use of a buffer of `folio` on this CPU.
    pub(crate) fn add_bh(&self, folio: &Folio) {
        folio.entered(
            bindings::MM_SWAP_DEMO_BATCH_BH as usize,
            self.counts.event(),
        );
        if let Some(out) = self.bh.install(Ref::get(folio)) {
            self.put_bh(out);
        }
    }

    /// Puts a reference that was in the second kind of cache.
    fn put_bh(&self, folio: Ref<Folio>) {
        folio.left(bindings::MM_SWAP_DEMO_BATCH_BH as usize);
        self.put(folio);
    }
}
