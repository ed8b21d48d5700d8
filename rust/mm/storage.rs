// SPDX-License-Identifier: GPL-2.0

//! Where the batches are, and what protects them: `struct cpu_fbatches` and `struct mlock_fbatch`.

use super::{
    batch::{
        FolioBatch,
        Kind, //
    },
    folio::Folio,
};
use core::{
    ops::DerefMut,
    ptr, //
};
use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

/// The batches that share `lock`, laid out as in C between `lock` and `lock_irq`: one for each
/// [`Kind`] from [`Kind::LruAdd`] to [`Kind::Activate`].
#[repr(transparent)]
pub(crate) struct LruBatches<F: Folio>([FolioBatch<F>; LRU_BATCHES]);

const LRU_BATCHES: usize = Kind::Activate as usize + 1;

impl<F: Folio> LruBatches<F> {
    /// Makes empty batches.
    pub(crate) const fn new() -> Self {
        Self([const { FolioBatch::new() }; LRU_BATCHES])
    }

    /// Returns the batch of `kind`. Panics if it is none of these.
    #[inline]
    pub(crate) fn batch(&mut self, kind: Kind) -> &mut FolioBatch<F> {
        &mut self.0[kind as usize]
    }

    /// Returns the place of the batch of `kind`. Panics if it is none of these.
    #[inline]
    pub(crate) fn raw_batch(this: *const Self, kind: Kind) -> *const FolioBatch<F> {
        assert!((kind as usize) < LRU_BATCHES);
        this.cast::<FolioBatch<F>>().wrapping_add(kind as usize)
    }
}

/// Says whether a drain has folios of a CPU in its hand: taken out of a batch, not moved yet.
///
/// Written by the holder of the CPU's `in_hand` lock, looked at by anyone.
#[derive(Default)]
#[repr(transparent)]
pub(crate) struct InHand {
    busy: bool,
}

impl InHand {
    /// Changes what [`Self::peek`] sees.
    #[inline]
    pub(super) fn set(&mut self, busy: bool) {
        // WRITE_ONCE(): pairs with `peek()`.
        //
        // SAFETY: The field is ours to write.
        unsafe { ptr::write_volatile(&raw mut self.busy, busy) };
    }

    /// Returns whether a drain has taken something out that it has not moved yet.
    #[inline]
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// [`Self::is_busy`] without the lock.
    ///
    /// # Safety
    ///
    /// `this` must point to a value that may be in use by others.
    #[inline]
    pub(crate) unsafe fn peek(this: *const Self) -> bool {
        // READ_ONCE(): the holder of the lock may be writing.
        //
        // SAFETY: By the function's requirements.
        unsafe { ptr::read_volatile(&raw const (*this).busy) }
    }
}

/// Per-CPU batches and their four locks.
///
/// Each method whose name ends in `_local` locks what belongs to the CPU the caller runs on, as
/// [`PerCpuLock::lock_local`]; its sibling what belongs to the CPU of the token, or returns `None`
/// where that is not to be had, as [`PerCpuLock::lock`]. What they return unlocks when dropped.
///
/// | lock | protects | interrupts |
/// |---|---|---|
/// | `in_hand` | what a drain has taken out and not moved yet | on |
/// | `lock` | the five batches of [`LruBatches`] | on |
/// | `lock_irq` | `lru_move_tail` | off (PREEMPT_RT: on) |
/// | `mlock` | the mlock batch | on |
///
/// [`PerCpuLock::lock_local`]: pwlocks::lock::PerCpuLock::lock_local
/// [`PerCpuLock::lock`]: pwlocks::lock::PerCpuLock::lock
pub(crate) trait Batches: Send + Sync {
    /// What is in the batches.
    type Folio: Folio;

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

    /// Returns how full `cpu`'s batch of `kind` is, without a lock.
    fn peek_len(&self, cpu: Cpu, kind: Kind) -> usize;

    /// Returns whether a drain has folios of `cpu` in its hand, without a lock.
    fn peek_in_hand(&self, cpu: Cpu) -> bool;
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(mm_storage)]
mod tests {
    use super::*;
    use crate::mm::fake;

    #[test]
    fn a_batch_is_found_where_it_is() {
        let mut batches = LruBatches::<fake::Folio>::new();

        for kind in Kind::ALL {
            if matches!(kind, Kind::MoveTail | Kind::Mlock) {
                continue;
            }

            let raw = LruBatches::raw_batch(&batches, kind);

            assert!(ptr::eq(raw, batches.batch(kind)));
        }
    }

    #[test]
    fn the_hand_shows_from_outside() {
        let mut hand = InHand::default();

        for busy in [false, true, true, false] {
            hand.set(busy);
            assert_eq!(hand.is_busy(), busy);
            // SAFETY: A hand.
            assert_eq!(unsafe { InHand::peek(&hand) }, busy);
        }
    }
}
