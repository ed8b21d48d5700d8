// SPDX-License-Identifier: GPL-2.0

//! Batches under mutexes, of which a test can fill any CPU's.

use super::folio::Folio;
use crate::mm::{
    batch::{
        FolioBatch,
        Kind,
        Tag, //
    },
    folio::Ref,
    storage::{
        self,
        InHand,
        LruBatches, //
    },
};
use core::ops::DerefMut;
use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex, //
};
use pwlocks::{
    cpu::{
        self,
        Cpu, //
    },
    owner::Owner, //
};

/// One CPU's.
#[pin_data]
struct OfCpu {
    #[pin]
    hand: Mutex<InHand>,
    #[pin]
    lru: Mutex<LruBatches<Folio>>,
    #[pin]
    move_tail: Mutex<FolioBatch<Folio>>,
    #[pin]
    mlock: Mutex<FolioBatch<Folio>>,
}

impl OfCpu {
    fn new() -> Result<Pin<KBox<Self>>> {
        let empty = try_pin_init!(Self {
            hand <- new_mutex!(InHand::default()),
            lru <- new_mutex!(LruBatches::new()),
            move_tail <- new_mutex!(FolioBatch::new()),
            mlock <- new_mutex!(FolioBatch::new()),
        });

        KBox::pin_init(empty, GFP_KERNEL)
    }

    /// Does something with the batch of `kind`.
    fn with<R>(&self, kind: Kind, f: impl FnOnce(&mut FolioBatch<Folio>) -> R) -> R {
        match kind {
            Kind::MoveTail => f(&mut self.move_tail.lock()),
            Kind::Mlock => f(&mut self.mlock.lock()),
            _ => f(self.lru.lock().batch(kind)),
        }
    }
}

/// All CPUs', by number.
pub(crate) struct Batches(KVec<Pin<KBox<OfCpu>>>);

impl Batches {
    /// Makes empty batches. May sleep.
    pub(crate) fn new() -> Result<Self> {
        let mut all = KVec::new();

        for _ in 0..=cpu::possible().last().map_or(0, Cpu::id) {
            all.push(OfCpu::new()?, GFP_KERNEL)?;
        }
        Ok(Self(all))
    }

    /// Puts `folio` into `cpu`'s batch of `kind`, with a reference.
    pub(crate) fn fill(&self, cpu: Cpu, kind: Kind, folio: &Folio) {
        self.of(cpu)
            .with(kind, |batch| batch.push(Ref::get(folio), Tag::None));
    }

    /// Says whether a drain of `cpu` has something in its hand.
    pub(crate) fn set_in_hand(&self, cpu: Cpu, busy: bool) {
        self.of(cpu).hand.lock().set(busy);
    }

    fn of(&self, cpu: Cpu) -> &OfCpu {
        &self.0[cpu.id() as usize]
    }

    fn here(&self) -> &OfCpu {
        self.of(Cpu::current())
    }
}

impl storage::Batches for Batches {
    type Folio = Folio;

    fn in_hand_local(&self) -> impl DerefMut<Target = InHand> {
        self.here().hand.lock()
    }

    fn in_hand(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = InHand>> {
        Some(self.of(owner.cpu()).hand.lock())
    }

    fn lock_local(&self) -> impl DerefMut<Target = LruBatches<Folio>> {
        self.here().lru.lock()
    }

    fn lock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = LruBatches<Folio>>> {
        Some(self.of(owner.cpu()).lru.lock())
    }

    fn lock_irq_local(&self) -> impl DerefMut<Target = FolioBatch<Folio>> {
        self.here().move_tail.lock()
    }

    fn lock_irq(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<Folio>>> {
        Some(self.of(owner.cpu()).move_tail.lock())
    }

    fn mlock_local(&self) -> impl DerefMut<Target = FolioBatch<Folio>> {
        self.here().mlock.lock()
    }

    fn mlock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<Folio>>> {
        Some(self.of(owner.cpu()).mlock.lock())
    }

    fn peek_len(&self, cpu: Cpu, kind: Kind) -> usize {
        self.of(cpu).with(kind, |batch| batch.len())
    }

    fn peek_in_hand(&self, cpu: Cpu) -> bool {
        self.of(cpu).hand.lock().is_busy()
    }
}
