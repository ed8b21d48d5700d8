// SPDX-License-Identifier: GPL-2.0

//! Where the batches are, their locks, and the lists.

use super::batch::{FolioBatch, Kind};
use crate::cpu::{CPUS, Cpu};
use crate::observed::Observed;
use crate::owner::Owner;
use crate::sync::Mutex;
use crate::sync::atomic::Relaxed;
use loom::sync::atomic::AtomicU32;
use std::ops::DerefMut;
use std::sync::Arc;

/// Whether a drain has folios of a CPU in its hand.
pub(crate) struct InHand(Arc<Observed>);

impl InHand {
    pub(crate) fn set(&mut self, busy: bool) {
        self.0.store(busy.into(), Relaxed);
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.0.load(Relaxed) != 0
    }
}

/// The batches under one lock.
pub(crate) struct LruBatches<F>(FolioBatch<F>);

impl<F> LruBatches<F> {
    pub(crate) fn batch(&mut self, _kind: Kind) -> &mut FolioBatch<F> {
        &mut self.0
    }
}

/// As in rust/mm/storage.rs.
pub(crate) trait Batches {
    type Folio;

    fn in_hand_local(&self) -> impl DerefMut<Target = InHand>;
    fn in_hand(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = InHand>>;
    fn lock_local(&self) -> impl DerefMut<Target = LruBatches<Self::Folio>>;
    fn lock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = LruBatches<Self::Folio>>>;
    fn lock_irq_local(&self) -> impl DerefMut<Target = FolioBatch<Self::Folio>>;
    fn lock_irq(
        &self,
        owner: &Owner<'_>,
    ) -> Option<impl DerefMut<Target = FolioBatch<Self::Folio>>>;
    fn mlock_local(&self) -> impl DerefMut<Target = FolioBatch<Self::Folio>>;
    fn mlock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<Self::Folio>>>;
    fn peek_len(&self, cpu: Cpu, kind: Kind) -> usize;
    fn peek_in_hand(&self, cpu: Cpu) -> bool;
}

/// As in rust/mm/mm.rs.
pub(crate) trait Mm {
    type Folio;
    type Batches: Batches<Folio = Self::Folio>;

    fn batches(&self) -> &Self::Batches;
    fn move_batch(&self, kind: Kind, batch: &mut FolioBatch<Self::Folio>);
    fn moves_locked(&self) -> bool {
        false
    }
    fn drained(&self, _owner: &Owner<'_>, _folios: usize) {}
}

/// One CPU's.
struct PerCpu {
    hand: Mutex<InHand>,
    busy: Arc<Observed>,
    lru: Mutex<LruBatches<()>>,
    count: Arc<Observed>,
}

impl PerCpu {
    fn new() -> Self {
        let busy = Arc::new(Observed::new(0));
        let count = Arc::new(Observed::new(0));
        Self {
            hand: Mutex::new(InHand(busy.clone())),
            busy,
            lru: Mutex::new(LruBatches(FolioBatch::OfCpu {
                folios: 0,
                count: count.clone(),
            })),
            count,
        }
    }
}

/// All CPUs', and which folios are on a list.
pub(crate) struct Memory {
    cpus: [PerCpu; CPUS],
    listed: AtomicU32,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            cpus: std::array::from_fn(|_| PerCpu::new()),
            listed: AtomicU32::new(0),
        }
    }

    /// Puts a folio into the batch of the CPU that the thread is on.
    pub(crate) fn push(&self, folio: u32) {
        let mut batches = self.lock_local();
        let batch = batches.batch(Kind::LruAdd);
        batch.set(batch.folios() | folio);
    }

    /// Whether a folio is on its list, as far as the thread can see.
    pub(crate) fn is_listed(&self, folio: u32) -> bool {
        self.listed.load(Relaxed) & folio != 0
    }

    fn of(&self, cpu: Cpu) -> &PerCpu {
        &self.cpus[cpu.id()]
    }

    fn here(&self) -> &PerCpu {
        self.of(Cpu::current())
    }
}

impl Mm for Memory {
    type Folio = ();
    type Batches = Self;

    fn batches(&self) -> &Self {
        self
    }

    fn move_batch(&self, _kind: Kind, batch: &mut FolioBatch<()>) {
        let before = self.listed.fetch_or(batch.folios(), Relaxed);
        assert_eq!(before & batch.folios(), 0, "moved twice");
        batch.set(0);
    }
}

/// There is one kind of batch, which is under the first lock.
fn another_kind() -> Box<FolioBatch<()>> {
    panic!("a batch of another kind")
}

impl Batches for Memory {
    type Folio = ();

    fn in_hand_local(&self) -> impl DerefMut<Target = InHand> {
        self.here().hand.lock()
    }

    fn in_hand(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = InHand>> {
        Some(self.of(owner.cpu()).hand.lock())
    }

    fn lock_local(&self) -> impl DerefMut<Target = LruBatches<()>> {
        self.here().lru.lock()
    }

    fn lock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = LruBatches<()>>> {
        Some(self.of(owner.cpu()).lru.lock())
    }

    fn lock_irq_local(&self) -> impl DerefMut<Target = FolioBatch<()>> {
        another_kind()
    }

    fn lock_irq(&self, _owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<()>>> {
        Some(another_kind())
    }

    fn mlock_local(&self) -> impl DerefMut<Target = FolioBatch<()>> {
        another_kind()
    }

    fn mlock(&self, _owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<()>>> {
        Some(another_kind())
    }

    fn peek_len(&self, cpu: Cpu, _kind: Kind) -> usize {
        self.of(cpu).count.load(Relaxed) as usize
    }

    fn peek_in_hand(&self, cpu: Cpu) -> bool {
        self.of(cpu).busy.load(Relaxed) != 0
    }
}
