// SPDX-License-Identifier: GPL-2.0

//! The time-stamp counter: a clock that can be read without entering the kernel, whatever its
//! clocksource is.

use std::{
    arch::asm,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

/// Reads the counter of the CPU this runs on.
#[inline]
#[cfg(target_arch = "x86_64")]
pub fn read() -> u64 {
    // SAFETY: Every x86-64 CPU has the instruction, and Linux lets user space use it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Turns of a loop of so many instructions each, of which it is known how many they are.
const TURNS: u64 = 1000;
const INSTRUCTIONS: u64 = 16;

/// What a counter of instructions says of them, with what reads it.
const COUNTED: RangeInclusive<u64> = TURNS * INSTRUCTIONS..=TURNS * INSTRUCTIONS + 50;

/// Whether the counter counts the instructions that are executed, as under QEMU's `-icount shift=0`.
///
/// A processor executes several of these at once, and their number would be what its counter says by
/// chance only.
pub fn counts_instructions() -> bool {
    are_counted(std::iter::repeat_with(|| {
        let start = read();

        // SAFETY: Changes a register and the flags only.
        unsafe {
            asm!(
                "2:", ".rept 14", "nop", ".endr", "dec {turns}", "jnz 2b",
                turns = inout(reg) TURNS => _,
                options(nomem, nostack)
            );
        }
        read().wrapping_sub(start)
    }))
}

/// Whether these are counts of instructions, some with what interrupted them: the turns of other CPUs, too,
/// of which there may be many before one is alone where 64 of them share an emulator.
fn are_counted(tries: impl Iterator<Item = u64>) -> bool {
    const AT_LEAST: usize = 10;
    const AT_MOST: usize = 10_000;
    let mut least = u64::MAX;

    for (before, took) in tries.take(AT_MOST).enumerate() {
        least = least.min(took);
        if least < *COUNTED.start() {
            return false;
        }
        if before >= AT_LEAST && COUNTED.contains(&least) {
            return true;
        }
    }
    false
}

/// How fast the counter is, found out by comparing it with the system's clock for a while.
#[derive(Debug)]
pub struct Calibration {
    ticks: u64,
    time: Instant,
}

impl Calibration {
    /// Starts to compare.
    pub fn begin() -> Self {
        Self {
            ticks: read(),
            time: Instant::now(),
        }
    }

    /// How long ago [`Self::begin`] was.
    pub fn time_passed(&self) -> Duration {
        self.time.elapsed()
    }

    /// How long so many ticks are; the better the longer ago [`Self::begin`] was.
    pub fn duration(&self, ticks: u64) -> Duration {
        let passed = read().wrapping_sub(self.ticks).max(1);

        self.time.elapsed().mul_f64(ticks as f64 / passed as f64)
    }

    /// How many ticks `time` takes, about.
    pub fn ticks(&self, time: Duration) -> u64 {
        let passed = read().wrapping_sub(self.ticks) as f64;
        let elapsed = self.time.elapsed().as_secs_f64().max(1e-9);

        (time.as_secs_f64() * passed / elapsed) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNTED, are_counted};
    use std::iter::{once, repeat, repeat_n};

    #[test]
    fn what_interrupts_only_adds() {
        let alone = *COUNTED.start() + 5;
        assert!(are_counted(repeat(alone)));
        assert!(are_counted(repeat_n(10 * alone, 500).chain(repeat(alone))));
        assert!(!are_counted(repeat(10 * alone)));
    }

    #[test]
    fn a_processor_is_faster() {
        let cycles = *COUNTED.start() / 4;
        assert!(!are_counted(repeat(cycles)));
        // The first was interrupted for as long as makes it look like a count.
        let unlucky = once(*COUNTED.start() + 5).chain(repeat(cycles));
        assert!(!are_counted(unlucky));
    }
}
