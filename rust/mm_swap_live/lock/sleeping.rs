// SPDX-License-Identifier: GPL-2.0

//! PREEMPT_RT: the kernel's own local locks, which are sleeping spinlocks.
//!
//! Interrupts stay on under all of them.

use crate::bindings;

pub(crate) type Word = bindings::local_lock_t;

/// Takes the lock of this CPU; returns how far that CPU's variables are from their symbols, and no
/// flags.
///
/// # Safety
///
/// `word` must be the per-CPU symbol of an initialised lock.
#[inline(always)]
pub(super) unsafe fn lock_this(word: *const Word, _irq: bool) -> (usize, usize) {
    // SAFETY: By the function's requirements.
    let taken = unsafe { bindings::mm_swap_live_lock_this(word) };

    (taken.addr().wrapping_sub(word.addr()), 0)
}

/// # Safety
///
/// The lock at `word` must have been taken by [`lock_this`].
#[inline(always)]
pub(super) unsafe fn unlock_this(word: *mut Word, _irq: bool, _flags: usize) {
    // SAFETY: By the function's requirements.
    unsafe { bindings::mm_swap_live_unlock_this(word.cast()) };
}

/// Takes a lock of any CPU; returns no flags.
///
/// # Safety
///
/// `word` must be the address of an initialised lock.
#[inline(always)]
pub(super) unsafe fn lock(word: *mut Word, _irq: bool) -> usize {
    // SAFETY: By the function's requirements.
    unsafe { bindings::mm_swap_live_lock_owner(word.cast()) };
    0
}

/// # Safety
///
/// The lock at `word` must have been taken by [`lock`].
#[inline(always)]
pub(super) unsafe fn unlock(word: *mut Word, _irq: bool, _flags: usize) {
    // SAFETY: By the function's requirements.
    unsafe { bindings::mm_swap_live_unlock_owner(word.cast()) };
}
