// SPDX-License-Identifier: GPL-2.0

//! What fills the LRU batches, and their drain on this CPU.
//!
//! `folio_add_lru()` and its like stay the kernel's: they decide whether, and then pass a batch on to
//! `__folio_batch_add_and_move()`, which is the one to touch it.

use crate::{
    kernel_batches::{
        LruLock,
        MoveTailLock, //
    },
    kernel_folio::KernelFolio,
    live::Live,
    lock::{
        Guard,
        PerCpuLock,
        Release,
        This, //
    },
    lru_gen,
    mm::{
        batch::{
            FolioBatch,
            Kind,
            Tag, //
        },
        drain_cpu,
        lru, //
    },
    symbols::{
        self,
        MoveFn, //
    },
};
use core::ffi::c_int;
use pwlocks::cpu::Cpu;

/// Any context but NMI; other than task context only with `disable_irq`.
///
/// # Safety
///
/// `batch` must be the per-CPU pointer to one of the LRU batches, that of the batch interrupts fill
/// if and only if `disable_irq`; the caller has a reference to the folio.
pub(crate) unsafe extern "C" fn folio_batch_add_and_move(
    batch: *const FolioBatch<KernelFolio>,
    folio: *mut KernelFolio,
    move_fn: MoveFn,
    disable_irq: bool,
) {
    // SAFETY: By the function's requirements.
    let folio = unsafe { &*folio };

    if disable_irq {
        add_and_move(Guard::<MoveTailLock, This>::lock(), batch, folio, move_fn);
    } else {
        add_and_move(Guard::<LruLock, This>::lock(), batch, folio, move_fn);
    }
}

#[inline(always)]
fn add_and_move<L: PerCpuLock, R: Release>(
    mut guard: Guard<L, R>,
    batch: *const FolioBatch<KernelFolio>,
    folio: &KernelFolio,
    move_fn: MoveFn,
) {
    // SAFETY: The batch is one of those that the lock protects.
    let batch = unsafe { guard.at(batch) };

    if lru::push(&Live, batch, folio, Tag::None) {
        // SAFETY: The batch's lock is held, and `move_fn` is what the kernel has for it.
        unsafe { symbols::folio_batch_move_lru(batch, move_fn) };
    }
}

/// Task context, also atomic.
///
/// # Safety
///
/// The caller has a reference to the folio.
pub(crate) unsafe extern "C" fn folio_mark_accessed(folio: *mut KernelFolio) {
    // SAFETY: By the function's requirements.
    let folio = unsafe { &*folio };

    if folio.is_dropbehind() {
        return;
    }
    if lru_gen::is_enabled() {
        lru_gen::note_access(folio);
        return;
    }
    lru::folio_mark_accessed(&Live, folio);
    folio.clear_idle();
}

/// All kinds of batch but the last, which is the mlock batch.
const LRU: &[Kind] = Kind::ALL.split_at(Kind::ALL.len() - 1).0;

/// The LRU batches of this CPU, with preemption off; or of a dead CPU, whose are empty.
pub(crate) extern "C" fn lru_add_drain_cpu(cpu: c_int) {
    if is_this(cpu) {
        drain_cpu::drain_local(&Live, LRU);
    }
}

/// Returns whether `cpu` is the one that this runs on, the caller being pinned.
///
/// Otherwise it is one that is dead, and `page_alloc_cpu_dead()` the caller: by then our own
/// callback has drained it (`CpuDead`), and it is gone from the view of every drain.
#[inline]
pub(super) fn is_this(cpu: c_int) -> bool {
    Cpu::current().id() == cpu as u32
}
