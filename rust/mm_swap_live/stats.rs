// SPDX-License-Identifier: GPL-2.0

//! What other CPUs did for each CPU, since the module was loaded.
//!
//! The figures of a CPU are written by whoever drains it from elsewhere, with the CPU's `in_hand` lock
//! held, and read without a lock, each on its own.

use crate::{
    bindings,
    lock::percpu, //
};
use core::{
    arch::asm,
    ptr, //
};
use pwlocks::cpu::Cpu;

/// The figures of one CPU.
#[derive(Clone, Copy)]
pub(crate) struct Stats {
    /// Drains of its batches by another CPU.
    pub(crate) remote: u64,
    /// Folios that these have moved.
    pub(crate) folios: u64,
    /// Work items that the kernel would have queued on it, and were not.
    pub(crate) avoided: u64,
    /// The longest that another CPU held one of its batches' locks, in steps of the time-stamp
    /// counter, with all interrupts that came meanwhile.
    pub(crate) longest: u64,
}

/// Returns the address of the figures of the CPU whose variables are `offset` from their symbols.
#[inline]
fn at(offset: usize) -> *mut bindings::mm_swap_live_stats {
    (&raw const bindings::mm_swap_live_stats)
        .wrapping_byte_add(offset)
        .cast_mut()
}

/// Reads the time-stamp counter.
#[inline(always)]
pub(crate) fn now() -> u64 {
    let low: u32;
    let high: u32;

    // SAFETY: Changes two registers only. Memory is clobbered, for nothing to be moved out of what is
    // timed by the compiler. By the CPU it may be, a little; waiting for it would take longer than
    // all that is timed.
    unsafe { asm!("rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags)) };
    u64::from(high) << 32 | u64::from(low)
}

/// Notes that another CPU has held a lock of a batch for `time`, of the CPU whose variables are
/// `offset` from their symbols. Its `in_hand` lock is held.
#[inline]
pub(crate) fn held(offset: usize, time: u64) {
    let this = at(offset);

    // SAFETY: A possible CPU's; the lock has us the only writer.
    if unsafe { (*this).longest } < time {
        // SAFETY: As above.
        let longest = unsafe { &raw mut (*this).longest };

        // WRITE_ONCE(): pairs with `read()`.
        //
        // SAFETY: As above.
        unsafe { ptr::write_volatile(longest, time) };
    }
}

/// Adds to a figure of a CPU whose `in_hand` lock is held.
///
/// # Safety
///
/// `figure` must be one of a possible CPU's.
unsafe fn add(figure: *mut u64, n: u64) {
    // SAFETY: By the function's requirements; the lock has us the only writer.
    let old = unsafe { figure.read() };

    // WRITE_ONCE(): pairs with `read()`.
    //
    // SAFETY: As above.
    unsafe { ptr::write_volatile(figure, old + n) };
}

/// Notes that another CPU than `cpu` has drained its batches and moved `folios`, and whether the
/// kernel would have queued work on it for that. Its `in_hand` lock is held.
pub(crate) fn drained(cpu: Cpu, folios: u64, avoided: bool) {
    let this = percpu(&raw const bindings::mm_swap_live_stats, cpu);

    for (figure, n) in [
        // SAFETY: No more than an address is computed.
        (unsafe { &raw mut (*this).remote }, 1),
        // SAFETY: No more than an address is computed.
        (unsafe { &raw mut (*this).folios }, folios),
        // SAFETY: No more than an address is computed.
        (unsafe { &raw mut (*this).avoided }, avoided.into()),
    ] {
        // SAFETY: `cpu` is possible.
        unsafe { add(figure, n) };
    }
}

/// Reads the figures of `cpu`.
pub(crate) fn read(cpu: Cpu) -> Stats {
    let this = percpu(&raw const bindings::mm_swap_live_stats, cpu);
    // SAFETY: `cpu` is possible; others may be writing, each figure in one go.
    let stats = unsafe { ptr::read_volatile(this) };

    Stats {
        remote: stats.remote,
        folios: stats.folios,
        avoided: stats.avoided,
        longest: stats.longest,
    }
}
