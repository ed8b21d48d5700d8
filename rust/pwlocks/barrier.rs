// SPDX-License-Identifier: GPL-2.0

//! Barriers between CPUs, by the names they have in C.
//!
//! The kernel crate has them too, but under other names from one release to the next (7.2 and 7.3).
//!
//! C header: [`include/asm-generic/barrier.h`](srctree/include/asm-generic/barrier.h)

use core::arch::asm;

/// Orders all accesses before it before all after it (`smp_mb()`). Any context.
#[inline(always)]
pub fn smp_mb() {
    // The cheapest instruction that has reads wait for writes: a locked one, on a line that is in the
    // cache for certain.
    //
    // SAFETY: Adds nothing, below the stack, where the kernel keeps nothing. Memory counts as
    // clobbered.
    unsafe { asm!("lock add dword ptr [rsp - 4], 0", options(nostack)) };
}

/// Orders the reads before it before those after it (`smp_rmb()`). Any context.
#[inline(always)]
pub fn smp_rmb() {
    barrier();
}

/// Orders the writes before it before those after it (`smp_wmb()`). Any context.
#[inline(always)]
pub fn smp_wmb() {
    barrier();
}

/// Keeps the compiler from moving accesses across (`barrier()`). An x86 CPU moves neither reads
/// before reads nor writes before writes itself, so that this is all there is to the two above.
#[inline(always)]
fn barrier() {
    #[cfg(not(target_arch = "x86_64"))]
    compile_error!("only x86-64 keeps these orders by itself, and has that instruction");

    // SAFETY: No instruction. Memory counts as clobbered.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}
