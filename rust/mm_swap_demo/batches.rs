// SPDX-License-Identifier: GPL-2.0

//! The module's own batches, under PW locks.

use crate::{
    counts::Counts,
    folio::Folio,
    mm::{
        batch::{
            FolioBatch,
            Kind,
            Tag, //
        },
        storage::{
            self,
            InHand,
            LruBatches, //
        }, //
    },
    overlap::Watched,
};
use core::ops::DerefMut;
use kernel::{
    prelude::*,
    sync::Arc, //
};
use pwlocks::{
    cpu::Cpu,
    lock::PwLock,
    new_pw_lock,
    owner::Owner, //
};

/// Every possible CPU's batches.
pub(crate) struct Batches {
    in_hand: PwLock<Watched<InHand>>,
    lock: PwLock<Watched<LruBatches<Folio>>>,
    lock_irq: PwLock<Watched<FolioBatch<Folio>>>,
    mlock: PwLock<Watched<FolioBatch<Folio>>>,
    counts: Arc<Counts>,
}

impl Batches {
    /// Makes empty batches. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new(counts: Arc<Counts>) -> Result<Self> {
        Ok(Self {
            in_hand: new_pw_lock!(|_| Watched::new(InHand::default()), "in_hand")?,
            lock: new_pw_lock!(|_| Watched::new(LruBatches::new()), "lru_batches")?,
            lock_irq: new_pw_lock!(|_| Watched::new(FolioBatch::new()), "lru_move_tail")?,
            mlock: new_pw_lock!(|_| Watched::new(FolioBatch::new()), "mlock_batch")?,
            counts,
        })
    }

    /// Returns how many slots of `cpu` hold a folio that is on its way to a list for the first
    /// time.
    pub(crate) fn peek_new(&self, cpu: Cpu) -> usize {
        let add = storage::Batches::peek_len(self, cpu, Kind::LruAdd);
        let peek = |batch| {
            // SAFETY: It is a batch, if one in use.
            unsafe { FolioBatch::peek_tagged(Watched::raw(batch), Tag::New) }
        };
        // SAFETY: `peek` reads in a volatile way.
        let mlock_new = unsafe { self.mlock.peek(cpu, peek) };

        add + mlock_new
    }
}

impl storage::Batches for Batches {
    type Folio = Folio;

    fn in_hand_local(&self) -> impl DerefMut<Target = InHand> {
        Watched::watch(self.in_hand.lock_local(), &self.counts)
    }

    fn in_hand(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = InHand>> {
        Some(Watched::watch(self.in_hand.lock(owner)?, &self.counts))
    }

    fn lock_local(&self) -> impl DerefMut<Target = LruBatches<Folio>> {
        Watched::watch(self.lock.lock_local(), &self.counts)
    }

    fn lock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = LruBatches<Folio>>> {
        Some(Watched::watch(self.lock.lock(owner)?, &self.counts))
    }

    fn lock_irq_local(&self) -> impl DerefMut<Target = FolioBatch<Folio>> {
        Watched::watch(self.lock_irq.lock_local_irqsave(), &self.counts)
    }

    fn lock_irq(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<Folio>>> {
        Some(Watched::watch(
            self.lock_irq.lock_irqsave(owner)?,
            &self.counts,
        ))
    }

    fn mlock_local(&self) -> impl DerefMut<Target = FolioBatch<Folio>> {
        Watched::watch(self.mlock.lock_local(), &self.counts)
    }

    fn mlock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<Folio>>> {
        Some(Watched::watch(self.mlock.lock(owner)?, &self.counts))
    }

    fn peek_len(&self, cpu: Cpu, kind: Kind) -> usize {
        let peek = |batch| {
            // SAFETY: It is a batch, if one in use.
            unsafe { FolioBatch::peek_len(batch) }
        };

        match kind {
            Kind::MoveTail => {
                // SAFETY: `peek` reads in a volatile way.
                unsafe { self.lock_irq.peek(cpu, |batch| peek(Watched::raw(batch))) }
            }
            Kind::Mlock => {
                // SAFETY: `peek` reads in a volatile way.
                unsafe { self.mlock.peek(cpu, |batch| peek(Watched::raw(batch))) }
            }
            _ => {
                let peek = |batches| peek(LruBatches::raw_batch(Watched::raw(batches), kind));

                // SAFETY: `peek` reads in a volatile way.
                unsafe { self.lock.peek(cpu, peek) }
            }
        }
    }

    fn peek_in_hand(&self, cpu: Cpu) -> bool {
        let peek = |hand| {
            // SAFETY: It is a hand, if one in use.
            unsafe { InHand::peek(Watched::raw(hand)) }
        };

        // SAFETY: `peek` reads in a volatile way.
        unsafe { self.in_hand.peek(cpu, peek) }
    }
}
