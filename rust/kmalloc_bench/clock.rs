// SPDX-License-Identifier: GPL-2.0

//! The time-stamp counter, and what it counts.

use crate::ffi;
use core::arch::asm;

#[cfg(not(CONFIG_X86_64))]
compile_error!(
    "kmalloc_bench reads the time-stamp counter of x86-64, another clock is not written"
);

/// How often [`Unit::detect`] looks before it believes.
const TRIES: usize = 32;
/// Instructions in the shorter stretch [`Unit::detect`] looks at.
const SHORT: u32 = 16;
/// Instructions in the longer stretch [`Unit::detect`] looks at.
const LONG: u32 = 272;

/// What one step of the time-stamp counter is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A cycle of the CPU's reference clock.
    Cycles,
    /// An instruction: an emulator counts them (`-icount` of QEMU).
    Instructions,
}

impl Unit {
    /// The name used in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cycles => "cycles",
            Self::Instructions => "instructions",
        }
    }

    /// Finds out what the counter counts.
    ///
    /// An instruction counter advances by exactly the number of instructions, whatever they are,
    /// every time. A clock does neither: several no-ops retire per cycle, and a multiplication
    /// that waits for the one before takes several cycles. Both kinds have to agree with the
    /// number of instructions in all of [`TRIES`] attempts.
    ///
    /// Interrupts are off for a few thousand instructions at a time.
    pub(crate) fn detect() -> Self {
        let counts = |short: u32, long: u32| long.wrapping_sub(short) == LONG - SHORT;
        let exact = (0..TRIES).all(|_| {
            let _off = InterruptsOff::new();
            counts(no_ops::<SHORT>(), no_ops::<LONG>())
                && counts(multiplications::<SHORT>(), multiplications::<LONG>())
        });
        if exact {
            Self::Instructions
        } else {
            Self::Cycles
        }
    }
}

/// Interrupts off on this CPU for as long as this lives.
struct InterruptsOff(kernel::ffi::c_ulong);

impl InterruptsOff {
    /// Turns interrupts off.
    fn new() -> Self {
        // SAFETY: `drop` restores what was found, and nothing sleeps before.
        Self(unsafe { ffi::kmalloc_bench_irq_save() })
    }
}

impl Drop for InterruptsOff {
    fn drop(&mut self) {
        // SAFETY: The flags are those `new` got on this CPU; with interrupts off it can't change.
        unsafe { ffi::kmalloc_bench_irq_restore(self.0) }
    }
}

/// Reads the counter after everything before it in the program is done (`rdtsc_ordered()`).
#[inline(always)]
pub(crate) fn stamp() -> u64 {
    let low: u32;
    let high: u32;
    // SAFETY: Reads a counter, and writes the two registers named only. Memory counts as
    // clobbered, so that nothing measured is moved across.
    unsafe {
        asm!("lfence", "rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags))
    };
    (u64::from(high) << 32) | u64::from(low)
}

/// Steps of the counter over `N` times an instruction, which may use the operands named.
macro_rules! steps_over {
    ($n:ident, $instruction:literal $(, $operand:ident = $($constraint:tt)+)?) => {{
        let steps: u32;
        // SAFETY: Reads a counter, and writes the registers named only.
        unsafe {
            asm!(
                "lfence",
                "rdtsc",
                "mov {start:e}, eax",
                ".rept {n}",
                $instruction,
                ".endr",
                "lfence",
                "rdtsc",
                "sub eax, {start:e}",
                n = const $n,
                start = out(reg) _,
                $($operand = $($constraint)+,)?
                out("eax") steps,
                out("edx") _,
                options(nostack),
            )
        };
        steps
    }};
}

/// Steps of the counter over `N` no-ops.
#[inline(never)]
fn no_ops<const N: u32>() -> u32 {
    steps_over!(N, "nop")
}

/// Steps of the counter over `N` multiplications, each of which waits for the one before.
#[inline(never)]
fn multiplications<const N: u32>() -> u32 {
    steps_over!(N, "imul {x:e}, {x:e}", x = inout(reg) 3 => _)
}
