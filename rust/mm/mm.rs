// SPDX-License-Identifier: GPL-2.0

//! The port of the LRU drain and of the mlock batch, generic over whose folios they are.
//!
//! In the kernel these are `mm/swap.c` (from 7.3 on `mm/folio.c`) and `mm/mlock.c`: a CPU collects
//! folios that are to move between LRU lists in small per-CPU batches, so that the lists' lock is
//! taken once per batch and not once per folio. Whoever needs the folios where they belong drains
//! the batches, of its CPU or of all.
//!
//! # What is behind traits
//!
//! - [`folio::Folio`]: the flags and the reference count of one folio.
//! - [`storage::Batches`]: where the batches are and which locks protect them.
//! - [`lists::Lists`]: the LRU lists, and the lock that covers a folio's.
//! - [`Mm`]: the three together, and what else differs from one owner of folios to another.
//!
//! # What is generic
//!
//! [`lru`] and [`mlock`] hold the entry points, by their C names; [`move_lru`] what happens to the
//! folios of a batch; [`drain_cpu`] the drain of one CPU, [`drain`] that of all and what it
//! promises, [`cache`] the switch that turns batching off.
//!
//! # Lock order
//!
//! `in_hand` (drains only), then one of `lock`, `lock_irq` and the mlock batch's lock, then the
//! lock of the lists. The batches' locks are not nested in one another, except that an interrupt
//! may take `lock_irq` under any lock but the lists' and `lock_irq` itself.

use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

pub(crate) mod batch;
pub(crate) mod cache;
pub(crate) mod drain;
pub(crate) mod drain_cpu;
#[cfg(CONFIG_PWLOCKS_KUNIT)]
pub(crate) mod fake;
pub(crate) mod folio;
pub(crate) mod lists;
pub(crate) mod lru;
pub(crate) mod mlock;
pub(crate) mod move_lru;
pub(crate) mod storage;

use batch::{
    FolioBatch,
    Kind,
    Tag, //
};
use folio::{
    Folio,
    Ref, //
};

/// An owner of folios, with the batches and lists they are kept in.
pub(crate) trait Mm: Send + Sync + 'static {
    /// Its folios.
    type Folio: Folio;

    /// Its batches.
    type Batches: storage::Batches<Folio = Self::Folio>;

    /// Returns the batches.
    fn batches(&self) -> &Self::Batches;

    /// Returns the switch that turns batching off.
    fn cache(&self) -> &cache::CacheSwitch;

    /// Does for every folio of `batch` what `kind` says and puts the references: the batch is empty
    /// afterwards (`folio_batch_move_lru()`, `mlock_folio_batch()`).
    ///
    /// The batch is either in its place, under its lock, and then must not look empty before the
    /// work is done; or it was taken out. Any context that the batch's lock may be taken in.
    fn move_batch(&self, kind: Kind, batch: &mut FolioBatch<Self::Folio>);

    /// Returns whether drains move the folios while they hold the batch's lock, as the C series has
    /// it, rather than take them out first. For measuring what that makes the batch's CPU wait.
    #[inline]
    fn moves_locked(&self) -> bool {
        false
    }

    /// Returns whether this CPU, which the caller is pinned to, leaves no folio in a batch. For
    /// measuring what that costs it.
    #[inline(always)]
    fn bypasses(&self) -> bool {
        false
    }

    /// Puts a reference; the last one frees the folio (`folio_put()`). Any context but NMI, with
    /// the lock of the lists not held.
    fn put(&self, folio: Ref<Self::Folio>);

    /// Hears that `folio` has just been put into a batch, whose lock is held.
    #[inline]
    fn batched(&self, _folio: &Self::Folio, _kind: Kind, _tag: Tag) {}

    /// Hears that `folio` is mlocked, which it was not before. The mlock batch's lock is held.
    #[inline]
    fn mlocked(&self, _folio: &Self::Folio) {}

    /// Hears that `folio` is active because it was used twice (`workingset_activation()`).
    #[inline]
    fn activated(&self, _folio: &Self::Folio) {}

    /// Hears that the batches of the CPU that `owner` names were drained, and how many folios were
    /// moved. The CPU's `in_hand` lock is held.
    #[inline]
    fn drained(&self, _owner: &Owner<'_>, _folios: usize) {}

    /// Returns whether `cpu` has something in the second kind of per-CPU cache, the buffer-head
    /// LRUs (`has_bh_in_lru()`). No more than a hint.
    fn has_bh(&self, cpu: Cpu) -> bool;

    /// Empties the second kind of cache of the CPU this runs on (`invalidate_bh_lrus_cpu()`).
    ///
    /// Context: task. A worker of the CPU; where that CPU went down meanwhile, of another one,
    /// whose cache is then emptied for nothing while the dead CPU's is left to
    /// [`Self::drain_bh_dead`].
    fn drain_bh(&self);

    /// Empties the second kind of cache of a dead CPU, which `owner` names.
    fn drain_bh_dead(&self, owner: &Owner<'_>);

    /// Waits until no CPU is on its way up or down, and returns whether it could.
    ///
    /// An owner whose callers may hold the hotplug lock can't; its drains then promise what the
    /// kernel's do, which is nothing for a CPU that is going down meanwhile.
    fn wait_for_hotplug(&self) -> bool {
        false
    }
}
