// SPDX-License-Identifier: GPL-2.0

//! The kernel's own batches, and which lock protects what.
//!
//! # PREEMPT_RT
//!
//! The locks are the kernel's: a `local_lock_t` is a spinlock of its CPU there, and everything that
//! touches a batch takes it, but for what salvages a dead CPU's (see below). Only the drains of all
//! CPUs are replaced, nothing on a hot path is.
//!
//! So the kernel's own `lru_add_drain()` knows nothing of what another CPU's drain has in its hand,
//! and may return while up to 31 folios that were in this CPU's batch are still being moved by it.
//! Promise 2 of [`crate::mm::drain`] is not kept in that case, and was not made: a task on
//! PREEMPT_RT is preemptible, and unless it pins itself may be anywhere, between the function that
//! put a folio into a batch and the drain of "its" batches. Every caller therefore takes a folio
//! that has not arrived on a list for one it can't have just now: reclaim, migration, compaction
//! and madvise leave it out, mlock leaves it to `lru_add()`, which looks at the mlocked flag, and a
//! copy-on-write that finds one reference too many copies. Who must have everything calls
//! `lru_add_drain_all()`.
//!
//! # CPUs that go down
//!
//! The kernel salvages the batches of a dead CPU without a lock (`page_alloc_cpu_dead()`), from
//! another CPU, trusting that nobody else is at them: there are no workers any more. A remote drain
//! is nobody's worker, so it looks whether the CPU is online *after* it has the CPU's `in_hand`
//! lock, and leaves it alone if not. A CPU is taken off the mask of the online ones before any
//! callback for a dead CPU is called; ours ([`pwlocks::hotplug`]), which takes `in_hand`, is called
//! before that of the page allocator, which was registered in an earlier state. So whoever saw the
//! CPU online is done when ours has the lock, and everyone later sees it gone: the page allocator's
//! has the dead CPU for itself.

use crate::{
    bindings,
    kernel_folio::KernelFolio,
    lock::{
        percpu,
        Guard,
        Owned,
        PerCpuLock,
        This,
        Word, //
    },
    mm::{
        batch::{
            FolioBatch,
            Kind, //
        },
        storage::{
            self,
            InHand,
            LruBatches, //
        },
    },
    symbols,
};
use core::ops::DerefMut;
use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

mod layout;

/// `struct cpu_fbatches` of `mm/swap.c`.
#[repr(C)]
pub(crate) struct CpuFbatches {
    lock: bindings::local_lock_t,
    batches: LruBatches<KernelFolio>,
    lock_irq: bindings::local_lock_t,
    lru_move_tail: FolioBatch<KernelFolio>,
}

// SAFETY: Each instance is accessed under its locks only.
unsafe impl Sync for CpuFbatches {}

/// `struct mlock_fbatch` of `mm/mlock.c`.
#[repr(C)]
pub(crate) struct MlockFbatch {
    lock: bindings::local_lock_t,
    fbatch: FolioBatch<KernelFolio>,
}

// SAFETY: As above.
unsafe impl Sync for MlockFbatch {}

/// The lock of the hands, which is ours.
pub(crate) struct HandLock;

// SAFETY: `hand` is only accessed here; on every CPU both symbols are in the module's own data.
unsafe impl PerCpuLock for HandLock {
    type Data = InHand;

    const IRQ: bool = false;
    const TIMED: bool = false;

    #[inline(always)]
    fn word() -> *const Word {
        // SAFETY: No more than an address is computed.
        unsafe { &raw const bindings::mm_swap_live_cpu.hand_lock }
    }

    #[inline(always)]
    fn data() -> *const InHand {
        // SAFETY: No more than an address is computed.
        unsafe { &raw const bindings::mm_swap_live_cpu.hand }.cast()
    }
}

/// The lock of the five batches of [`LruBatches`]: `cpu_fbatches.lock`, or ours in its place.
pub(crate) struct LruLock;

// SAFETY: Whatever touches these batches takes this lock, as read in 7.2.
unsafe impl PerCpuLock for LruLock {
    type Data = LruBatches<KernelFolio>;

    const IRQ: bool = false;
    const TIMED: bool = true;

    #[inline(always)]
    fn word() -> *const Word {
        // SAFETY: No more than an address is computed.
        #[cfg(CONFIG_PREEMPT_RT)]
        let word = unsafe { &raw const symbols::cpu_fbatches.lock };
        // SAFETY: No more than an address is computed.
        #[cfg(not(CONFIG_PREEMPT_RT))]
        let word = unsafe { &raw const bindings::mm_swap_live_cpu.lock };
        word
    }

    #[inline(always)]
    fn data() -> *const Self::Data {
        // SAFETY: No more than an address is computed.
        unsafe { &raw const symbols::cpu_fbatches.batches }
    }
}

/// The lock of the batch that interrupts fill: `cpu_fbatches.lock_irq`, or ours in its place.
pub(crate) struct MoveTailLock;

// SAFETY: As for `LruLock`.
unsafe impl PerCpuLock for MoveTailLock {
    type Data = FolioBatch<KernelFolio>;

    const IRQ: bool = true;
    const TIMED: bool = true;

    #[inline(always)]
    fn word() -> *const Word {
        // SAFETY: No more than an address is computed.
        #[cfg(CONFIG_PREEMPT_RT)]
        let word = unsafe { &raw const symbols::cpu_fbatches.lock_irq };
        // SAFETY: No more than an address is computed.
        #[cfg(not(CONFIG_PREEMPT_RT))]
        let word = unsafe { &raw const bindings::mm_swap_live_cpu.lock_irq };
        word
    }

    #[inline(always)]
    fn data() -> *const Self::Data {
        // SAFETY: No more than an address is computed.
        unsafe { &raw const symbols::cpu_fbatches.lru_move_tail }
    }
}

/// The lock of the mlock batch: `mlock_fbatch.lock`, or ours in its place.
pub(crate) struct MlockLock;

// SAFETY: As for `LruLock`.
unsafe impl PerCpuLock for MlockLock {
    type Data = FolioBatch<KernelFolio>;

    const IRQ: bool = false;
    const TIMED: bool = true;

    #[inline(always)]
    fn word() -> *const Word {
        // SAFETY: No more than an address is computed.
        #[cfg(CONFIG_PREEMPT_RT)]
        let word = unsafe { &raw const symbols::mlock_fbatch.lock };
        // SAFETY: No more than an address is computed.
        #[cfg(not(CONFIG_PREEMPT_RT))]
        let word = unsafe { &raw const bindings::mm_swap_live_cpu.mlock_lock };
        word
    }

    #[inline(always)]
    fn data() -> *const Self::Data {
        // SAFETY: No more than an address is computed.
        unsafe { &raw const symbols::mlock_fbatch.fbatch }
    }
}

/// Every possible CPU's batches, which are the kernel's. There is only one such set, and so nothing
/// to remember of it.
pub(crate) struct KernelBatches;

impl storage::Batches for KernelBatches {
    type Folio = KernelFolio;

    #[inline(always)]
    fn in_hand_local(&self) -> impl DerefMut<Target = InHand> {
        Guard::<HandLock, This>::lock()
    }

    fn in_hand(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = InHand>> {
        let guard = Guard::<HandLock, Owned>::lock(owner);

        // Once it is locked: see the module's comment.
        let is_ours = if owner.is_dead() {
            true
        } else if owner.is_requester() {
            owner.cpu().is_online()
        } else {
            // A worker: of that CPU, which the lock keeps us on, unless it has gone down.
            owner.cpu() == Cpu::current()
        };

        is_ours.then_some(guard)
    }

    #[inline(always)]
    fn lock_local(&self) -> impl DerefMut<Target = LruBatches<KernelFolio>> {
        Guard::<LruLock, This>::lock()
    }

    #[inline(always)]
    fn lock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = LruBatches<KernelFolio>>> {
        Some(Guard::<LruLock, Owned>::lock(owner))
    }

    #[inline(always)]
    fn lock_irq_local(&self) -> impl DerefMut<Target = FolioBatch<KernelFolio>> {
        Guard::<MoveTailLock, This>::lock()
    }

    #[inline(always)]
    fn lock_irq(
        &self,
        owner: &Owner<'_>,
    ) -> Option<impl DerefMut<Target = FolioBatch<KernelFolio>>> {
        Some(Guard::<MoveTailLock, Owned>::lock(owner))
    }

    #[inline(always)]
    fn mlock_local(&self) -> impl DerefMut<Target = FolioBatch<KernelFolio>> {
        Guard::<MlockLock, This>::lock()
    }

    #[inline(always)]
    fn mlock(&self, owner: &Owner<'_>) -> Option<impl DerefMut<Target = FolioBatch<KernelFolio>>> {
        Some(Guard::<MlockLock, Owned>::lock(owner))
    }

    #[inline(always)]
    fn peek_len(&self, cpu: Cpu, kind: Kind) -> usize {
        if crate::alternative::passes_by(cpu) {
            return 0;
        }
        let batch: *const FolioBatch<KernelFolio> = match kind {
            Kind::MoveTail => percpu(MoveTailLock::data(), cpu),
            #[cfg(SABOTAGE_MLOCK_BATCH_OVERLOOKED)]
            Kind::Mlock => return 0,
            #[cfg(not(SABOTAGE_MLOCK_BATCH_OVERLOOKED))]
            Kind::Mlock => percpu(MlockLock::data(), cpu),
            _ => LruBatches::raw_batch(percpu(LruLock::data(), cpu), kind),
        };

        // SAFETY: It is a batch, if one in use.
        unsafe { FolioBatch::peek_len(batch) }
    }

    #[inline(always)]
    fn peek_in_hand(&self, cpu: Cpu) -> bool {
        // SAFETY: It is a hand, if one in use.
        unsafe { InHand::peek(percpu(HandLock::data(), cpu)) }
    }
}
