// SPDX-License-Identifier: GPL-2.0

//! Without PREEMPT_RT: spinlocks of ours, one for each local lock of the kernel's, which is no more
//! than preemption off.
//!
//! They are taken on hot paths, for which the kernel's own spinlock is too long a way: a call each
//! for lock and unlock, and preemption counted again. A ticket lock is an atomic instruction and a
//! comparison, its unlock a plain increment. At most three want one at once, the owner CPU, a drain
//! and a hotplug callback, and two of them take the CPU's `in_hand` lock first: so the owner waits
//! for one holder at most, which holds it for a copy of a batch, and a drain can't be overtaken
//! twice by an owner that is quick to come back.
//!
//! Lockdep does not see these locks; see the lock order in [`crate::mm`].

use crate::bindings;
use core::{
    arch::asm,
    sync::atomic::{
        AtomicU16,
        Ordering::Acquire, //
    },
};

/// The low byte: the number that is served. The high byte: the number of the next to come.
pub(crate) type Word = u16;

/// A number is a byte; what is in the high one.
const NEXT: u16 = 1 << 8;

/// # Safety
///
/// `word` must be the address of an initialised lock, and preemption off.
#[inline(always)]
unsafe fn spin_lock(word: *mut Word) {
    // SAFETY: By the function's requirements; others access it atomically, or hold the lock.
    let tickets = unsafe { AtomicU16::from_ptr(word) };
    let [served, mine] = tickets.fetch_add(NEXT, Acquire).to_le_bytes();

    if served != mine {
        spin(tickets, mine);
    }
}

/// Waits for a number to be served.
#[cold]
#[inline(never)]
fn spin(tickets: &AtomicU16, mine: u8) {
    while tickets.load(Acquire).to_le_bytes()[0] != mine {
        core::hint::spin_loop();
    }
}

/// # Safety
///
/// The lock at `word` must be held by the caller.
#[inline(always)]
unsafe fn spin_unlock(word: *mut Word) {
    // Not locked: only the holder writes the byte, and a store is a release on x86. `core` has no
    // increment that is atomic for readers only.
    //
    // SAFETY: By the function's requirements; memory is clobbered, for nothing to be moved down.
    unsafe { asm!("inc byte ptr [{word}]", word = in(reg) word, options(nostack)) };
}

#[inline(always)]
fn preempt_disable() {
    // SAFETY: Counts, on the CPU it happens to run on; memory is clobbered, as by a lock.
    unsafe { asm!("inc dword ptr gs:[rip + __preempt_count]", options(nostack)) };
}

/// What preempts the task if that is due, with all registers saved: a static call where the kernel
/// can be told not to preempt.
#[cfg(CONFIG_PREEMPT_DYNAMIC)]
macro_rules! preempt_schedule {
    () => {
        "__SCT__preempt_schedule"
    };
}
#[cfg(not(CONFIG_PREEMPT_DYNAMIC))]
macro_rules! preempt_schedule {
    () => {
        "preempt_schedule_thunk"
    };
}

/// # Safety
///
/// Must undo one [`preempt_disable`].
#[inline(always)]
unsafe fn preempt_enable() {
    //
    // SAFETY: By the function's requirements, it is time to be preempted if that is due.
    unsafe {
        asm!(
            "dec dword ptr gs:[rip + __preempt_count]
             jz 3f
             2:
             .subsection 1
             3:",
            concat!("call ", preempt_schedule!()),
            "jmp 2b
             .previous",
        )
    };
}

/// Returns how far this CPU's variables are from their symbols.
#[inline(always)]
fn this_cpu_offset() -> usize {
    let offset;

    // SAFETY: Reads a constant of the CPU. The caller is pinned to it, and memory is clobbered, so
    // that this is not done earlier.
    unsafe {
        asm!(
            "mov {offset}, qword ptr gs:[rip + this_cpu_off]",
            offset = out(reg) offset,
            options(nostack, preserves_flags),
        )
    };
    offset
}

/// Takes the lock of this CPU; returns how far that CPU's variables are from their symbols, and
/// the interrupt flags if `irq`.
///
/// # Safety
///
/// `word` must be the per-CPU symbol of an initialised lock, not taken by this CPU already.
#[inline(always)]
pub(super) unsafe fn lock_this(word: *const Word, irq: bool) -> (usize, usize) {
    let mut flags = 0;

    // Pinned before the address is computed.
    if irq {
        // SAFETY: Undone by `unlock_this()`.
        flags = unsafe { bindings::mm_swap_live_irq_save() };
    } else {
        preempt_disable();
    }

    let offset = this_cpu_offset();

    // SAFETY: By the function's requirements, and we are pinned.
    unsafe { spin_lock(word.wrapping_byte_add(offset).cast_mut()) };
    (offset, flags)
}

/// # Safety
///
/// The lock at `word` must have been taken by [`lock_this`] or [`lock`] with `irq`, which returned
/// `flags`.
#[inline(always)]
pub(super) unsafe fn unlock_this(word: *mut Word, irq: bool, flags: usize) {
    // SAFETY: By the function's requirements.
    unsafe { spin_unlock(word) };
    if irq {
        // SAFETY: By the function's requirements.
        unsafe { bindings::mm_swap_live_irq_restore(flags) };
    } else {
        // SAFETY: By the function's requirements.
        unsafe { preempt_enable() };
    }
}

/// Takes a lock of any CPU; returns the interrupt flags if `irq`.
///
/// # Safety
///
/// `word` must be the address of an initialised lock.
#[inline(always)]
pub(super) unsafe fn lock(word: *mut Word, irq: bool) -> usize {
    let mut flags = 0;

    if irq {
        // SAFETY: Undone by `unlock()`.
        flags = unsafe { bindings::mm_swap_live_irq_save() };
    } else {
        preempt_disable();
    }
    // SAFETY: By the function's requirements, and preemption is off.
    unsafe { spin_lock(word) };
    #[cfg(SABOTAGE_OWNER_NOT_EXCLUDED)]
    // SAFETY: Just taken.
    unsafe {
        spin_unlock(word)
    };
    flags
}

#[cfg(not(SABOTAGE_OWNER_NOT_EXCLUDED))]
pub(super) use unlock_this as unlock;

/// # Safety
///
/// As for [`unlock_this`], but that the lock is not held any more.
#[cfg(SABOTAGE_OWNER_NOT_EXCLUDED)]
pub(super) unsafe fn unlock(word: *mut Word, irq: bool, flags: usize) {
    // SAFETY: By the function's requirements, preemption is off.
    unsafe { spin_lock(word) };
    // SAFETY: Just taken.
    unsafe { unlock_this(word, irq, flags) };
}
