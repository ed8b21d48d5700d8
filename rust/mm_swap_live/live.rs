// SPDX-License-Identifier: GPL-2.0

//! The owner of the folios: the kernel, as an [`Mm`].

use crate::{
    bindings,
    kernel_batches::KernelBatches,
    kernel_folio::KernelFolio,
    mm::{
        batch::{
            FolioBatch,
            Kind, //
        },
        cache::CacheSwitch,
        folio::Ref,
        Mm, //
    },
    stats,
    symbols, //
};
use core::ptr;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};
use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

/// Whether folios are moved in their batch, which looks empty only after that, as to the kernel's own
/// drains of all CPUs it must: those know nothing of what another drain has in its hand.
static IN_PLACE: Atomic<bool> = Atomic::new(true);

/// Has drains to come move folios in their batch, or take them out first.
pub(crate) fn set_in_place(in_place: bool) {
    IN_PLACE.store(in_place, Relaxed);
}

/// The kernel, of which there is one.
pub(crate) struct Live;

impl Mm for Live {
    type Folio = KernelFolio;
    type Batches = KernelBatches;

    #[inline(always)]
    fn batches(&self) -> &KernelBatches {
        &KernelBatches
    }

    #[inline(always)]
    fn cache(&self) -> &CacheSwitch {
        // SAFETY: An `atomic_t` of the kernel's that lives for ever.
        unsafe { &symbols::lru_disable_count }
    }

    #[inline]
    fn move_batch(&self, kind: Kind, batch: &mut FolioBatch<KernelFolio>) {
        let move_fn: symbols::MoveFn = match kind {
            Kind::LruAdd => symbols::lru_add,
            Kind::MoveTail => symbols::lru_move_tail,
            Kind::DeactivateFile => symbols::lru_deactivate_file,
            Kind::Deactivate => symbols::lru_deactivate,
            Kind::Lazyfree => symbols::lru_lazyfree,
            Kind::Activate => symbols::lru_activate,
            Kind::Mlock => {
                // SAFETY: The batch is ours, laid out as the kernel's, and its slots own
                // references. Interrupts are on: the mlock batch is not for interrupts.
                unsafe { symbols::mlock_folio_batch(batch) };
                return;
            }
        };

        // SAFETY: As above.
        unsafe { symbols::folio_batch_move_lru(batch, move_fn) };
    }

    #[inline]
    fn moves_locked(&self) -> bool {
        // SAFETY: Only written as the module is loaded.
        IN_PLACE.load(Relaxed) || unsafe { bindings::mm_swap_live_drain_locked }
    }

    #[inline(always)]
    fn bypasses(&self) -> bool {
        crate::alternative::bypasses()
    }

    fn put(&self, folio: Ref<KernelFolio>) {
        // SAFETY: The reference is ours.
        unsafe { bindings::mm_swap_live_folio_put(folio.into_raw().as_ptr().cast()) };
    }

    #[cfg(not(CONFIG_PREEMPT_RT))]
    #[inline]
    fn mlocked(&self, folio: &KernelFolio) {
        // SAFETY: A folio, and preemption is off under the mlock batch's lock.
        unsafe { bindings::mm_swap_live_count_mlocked(ptr::from_ref(folio).cast_mut().cast()) };
    }

    #[cfg(not(CONFIG_PREEMPT_RT))]
    #[inline]
    fn activated(&self, folio: &KernelFolio) {
        // SAFETY: A folio to which the caller has a reference.
        unsafe { symbols::workingset_activation(folio) };
    }

    fn drained(&self, owner: &Owner<'_>, folios: usize) {
        let cpu = owner.cpu();

        // The lock of the hand pins us.
        if owner.is_requester() && cpu != Cpu::current() {
            // Where there are buffer heads, a work item is queued after all.
            stats::drained(cpu, folios as u64, !self.has_bh(cpu));
        }
    }

    fn has_bh(&self, cpu: Cpu) -> bool {
        // SAFETY: Takes any possible CPU, and ignores the pointer.
        unsafe { symbols::has_bh_in_lru(cpu.id() as i32, ptr::null_mut()) }
    }

    fn drain_bh(&self) {
        // SAFETY: Task context.
        unsafe { symbols::invalidate_bh_lrus_cpu() };
    }

    fn drain_bh_dead(&self, _owner: &Owner<'_>) {
        // The kernel has a hotplug callback of its own for these (`buffer_exit_cpu_dead()`).
    }
}
