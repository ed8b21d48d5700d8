// SPDX-License-Identifier: GPL-2.0

//! How fast the time stamp counter of a guest runs.
//!
//! A guest's kernel finds out by counting ticks against another timer for a few milliseconds. Under
//! the emulator either may stand still meanwhile, when the host has other things to do, and then
//! time in the guest runs as wrong as the result. Later it compares the two again and again, for
//! moments as short as 30 us, and falls back to the slower timer for good if one of them was late.
//! So the guest is told how fast the counter is, and that it is reliable. Each CPU but the first would
//! find out once more how long a delay is, which takes seconds and comes out up to three times too
//! long where CPUs take turns: it is told that, too.

use std::arch::x86_64::_rdtsc;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::accel::Accel;

/// With `-icount shift=0` an instruction takes a nanosecond.
const ICOUNT_KHZ: u64 = 1_000_000;

/// How long the host's counter is watched, twice.
const STRETCH: Duration = Duration::from_millis(25);

/// How often clock and counter are read together, for one pair without an interruption between.
const READINGS: usize = 20;

/// The kernel arguments that tell a guest whose kernel has `hz` timer interrupts in a second, if it has
/// to be told.
pub fn arguments(accel: Accel, hz: Option<u64>) -> Option<String> {
    static HOST: OnceLock<Option<u64>> = OnceLock::new();
    let khz = match accel {
        // KVM has ways of its own to tell.
        Accel::Kvm => None,
        // The emulator's counter is the host's.
        Accel::Tcg => *HOST.get_or_init(host_khz),
        Accel::Icount => Some(ICOUNT_KHZ),
    };
    khz.map(|khz| {
        // Loops of a delay in a tick; with a counter, one of its cycles is a loop.
        let loops = hz.map(|hz| format!(" lpj={}", khz * 1000 / hz));
        let loops = loops.unwrap_or_default();
        format!("tsc_early_khz={khz} tsc=reliable{loops}")
    })
}

/// The frequency of this machine's counter, or `None` if it has no constant one.
fn host_khz() -> Option<u64> {
    let start = Reading::take()?;
    thread::sleep(STRETCH);
    let middle = Reading::take()?;
    thread::sleep(STRETCH);
    let end = Reading::take()?;
    constant([start, middle, end])
}

/// The frequency in kHz over three readings if it stayed the same.
fn constant([start, middle, end]: [Reading; 3]) -> Option<u64> {
    let first = middle.khz_since(start)?;
    let second = end.khz_since(middle)?;
    let whole = end.khz_since(start)?;
    (whole > 0 && first.abs_diff(second) <= whole / 1000).then_some(whole)
}

/// Clock and counter at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    nanoseconds: u64,
    ticks: u64,
}

impl Reading {
    /// Of several readings the one that took least time, as no interruption can have been in it.
    fn take() -> Option<Self> {
        let bracketed = || {
            let before = clock()?;
            let ticks = ticks();
            let after = clock()?;
            let reading = Self {
                nanoseconds: before.midpoint(after),
                ticks,
            };
            Some((after - before, reading))
        };
        let readings: Option<Vec<_>> = (0..READINGS).map(|_| bracketed()).collect();
        let (_, best) = readings?.into_iter().min_by_key(|(length, _)| *length)?;
        Some(best)
    }

    fn khz_since(self, earlier: Self) -> Option<u64> {
        let ticks = u128::from(self.ticks.checked_sub(earlier.ticks)?);
        let nanoseconds = u128::from(self.nanoseconds.checked_sub(earlier.nanoseconds)?);
        u64::try_from((ticks * 1_000_000).checked_div(nanoseconds)?).ok()
    }
}

/// Nanoseconds of a clock that nobody adjusts.
fn clock() -> Option<u64> {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC_RAW).ok()?;
    u64::try_from(Duration::from(time).as_nanos()).ok()
}

fn ticks() -> u64 {
    // SAFETY: the instruction is part of x86-64 and only reads the counter.
    unsafe { _rdtsc() }
}

#[cfg(test)]
mod tests {
    use super::{Reading, arguments, constant, host_khz};
    use crate::accel::Accel;

    fn readings(of: [(u64, u64); 3]) -> [Reading; 3] {
        of.map(|(nanoseconds, ticks)| Reading { nanoseconds, ticks })
    }

    #[test]
    fn a_constant_counter_has_a_frequency() {
        let steady = readings([
            (1_000, 7),
            (25_001_000, 65_000_007),
            (50_001_000, 130_000_007),
        ]);
        assert_eq!(constant(steady), Some(2_600_000));
    }

    #[test]
    fn a_counter_that_changes_stops_or_goes_back_has_none() {
        for unsteady in [
            [(0, 0), (25_000_000, 65_000_000), (50_000_000, 131_000_000)],
            [(0, 5), (25_000_000, 5), (50_000_000, 5)],
            [(0, 9), (25_000_000, 5), (50_000_000, 65_000_000)],
            [(3, 0), (3, 5), (3, 9)],
        ] {
            assert_eq!(constant(readings(unsteady)), None);
        }
    }

    #[test]
    fn two_measurements_of_this_machine_agree() {
        if let (Some(one), Some(other)) = (host_khz(), host_khz()) {
            assert!(one.abs_diff(other) < one / 500, "{one} {other}");
        }
    }

    #[test]
    fn only_emulated_guests_are_told() {
        assert_eq!(arguments(Accel::Kvm, Some(250)), None);
        for (hz, told) in [
            (None, "tsc_early_khz=1000000 tsc=reliable"),
            (Some(250), "tsc_early_khz=1000000 tsc=reliable lpj=4000000"),
        ] {
            assert_eq!(arguments(Accel::Icount, hz).as_deref(), Some(told));
        }
    }
}
