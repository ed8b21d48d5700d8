// SPDX-License-Identifier: GPL-2.0

//! An owner of folios, to be drained.

use super::{
    batches::Batches,
    folio::Folio,
    lists::Lists, //
};
use crate::mm::{
    batch::{
        FolioBatch,
        Kind, //
    },
    cache::CacheSwitch,
    drain::Drain,
    folio::Ref,
    mlock::mlock_folio_batch,
    move_lru::folio_batch_move_lru,
    Mm, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};
use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

/// What [`Memory::has_bh`] says where no CPU has any.
const NO_CPU: u32 = u32::MAX;

/// Batches and lists.
#[pin_data]
pub(crate) struct Memory {
    batches: Batches,
    lists: Lists,
    /// Held while a batch is moved. The lists count who locks them and keep nobody out, and several
    /// CPUs may drain themselves at once.
    #[pin]
    moving: Mutex<()>,
    cache: CacheSwitch,
    /// The CPU that has something in the second kind of cache.
    bh: Atomic<u32>,
    /// A drain of all that somebody else makes as soon as a batch is looked at.
    #[pin]
    meanwhile: Mutex<Option<Arc<Drain<Memory>>>>,
}

impl Memory {
    /// Begins without folios. May sleep.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let batches = Batches::new()?;
        let empty = try_pin_init!(Self {
            batches,
            lists: Lists::new(),
            moving <- new_mutex!(()),
            cache: CacheSwitch::new(),
            bh: Atomic::new(NO_CPU),
            meanwhile <- new_mutex!(None),
        });

        Arc::pin_init(empty, GFP_KERNEL)
    }

    /// Returns the lists.
    pub(crate) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Puts something into the second kind of cache of `cpu`.
    pub(crate) fn fill_bh(&self, cpu: Cpu) {
        self.bh.store(cpu.id(), Relaxed);
    }

    /// Has somebody else make a whole pass of `drain` when a batch is looked at the next time.
    pub(crate) fn drain_meanwhile(&self, drain: Arc<Drain<Self>>) {
        *self.meanwhile.lock() = Some(drain);
    }
}

impl Mm for Memory {
    type Folio = Folio;
    type Batches = Batches;

    fn batches(&self) -> &Batches {
        let drain = self.meanwhile.lock().take();

        if let Some(drain) = drain {
            drain.all(true);
        }
        &self.batches
    }

    fn cache(&self) -> &CacheSwitch {
        &self.cache
    }

    fn move_batch(&self, kind: Kind, batch: &mut FolioBatch<Folio>) {
        let put = |folio| self.put(folio);
        let _moving = self.moving.lock();

        match kind {
            Kind::Mlock => mlock_folio_batch(&self.lists, batch, put),
            // The test has it yet.
            _ => folio_batch_move_lru(&self.lists, kind, batch, put, |_dead| ()),
        }
    }

    fn put(&self, folio: Ref<Folio>) {
        folio.put();
    }

    fn has_bh(&self, cpu: Cpu) -> bool {
        self.bh.load(Relaxed) == cpu.id()
    }

    fn drain_bh(&self) {
        self.bh.store(NO_CPU, Relaxed);
    }

    fn drain_bh_dead(&self, _owner: &Owner<'_>) {
        self.bh.store(NO_CPU, Relaxed);
    }
}
