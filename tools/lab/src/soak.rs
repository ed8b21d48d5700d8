// SPDX-License-Identifier: GPL-2.0

//! `make soak`: the running kernel's own drains under load of all kinds, for long.

use crate::check;
use crate::failure::{Ended, Failure, Result};
use crate::guest_choice::Guests;
use crate::kernels;
use crate::lab::Lab;
use crate::matrix::{GuestSpec, LIVE_STRESS, LIVE_UNLOAD, Program};
use crate::packaged::STRESS_NG;
use crate::userland;
use crate::variant::Variant;

/// How often mm_swap_live is loaded and unloaded before the load in each mode, for each minute of
/// that: 200 times for the 10 minutes that are the default.
const LOADS_PER_MINUTE: u64 = 20;

/// Seconds that one time may take, on average: it waits for all tasks of a loaded kernel several
/// times, which is seconds on an idle machine and most of a minute on a busy one.
const LOAD_S: u64 = 120;

/// How many modes there are: off, on, and to and fro.
const MODES: u64 = 3;

/// Runs its guests, each mode for `minutes`; the last line on standard output is their sum.
pub fn run(lab: &Lab, chosen: &Guests, minutes: u32) -> Result<Ended> {
    if *chosen != Guests::All {
        return Err(
            Failure::usage("soak", "GUESTS is about debug kernels, and there are none")
                .remedy("name them too (DEBUG=kasan), or leave GUESTS out"),
        );
    }
    let kernels = kernels::get(lab)?;
    let Some(first) = kernels.first() else {
        return Err(Failure::step("soak", "no kernel to load"));
    };
    let programs = userland::get(lab, &first.root)?;
    let guests = kernels.iter().map(|kernel| (kernel, vec![guest(minutes)]));
    let jobs = check::jobs(lab, &programs, guests)?;
    let at_once = at_once(lab.options.jobs, lab.options.cpus);
    let tally = check::run_jobs(lab, jobs, &programs, at_once)?;
    check::report(lab, &tally)
}

/// How many guests of `cpus` CPUs to run at once where otherwise it would be `jobs`.
///
/// Under this load all CPUs of a guest are busy, and if another's take the machine from them in the
/// middle of a store into the kernel's text, the emulator may go on with a stale one: of two guests
/// at once on two cores, one died of it within a quarter of an hour.
fn at_once(jobs: usize, cpus: u32) -> usize {
    (jobs / usize::try_from(cpus).unwrap_or(usize::MAX)).max(1)
}

/// The guest of each kernel. One for all, so that the kernel which runs under load is one that the
/// module has been unloaded from many times.
fn guest(minutes: u32) -> GuestSpec {
    let minutes = u64::from(minutes);
    let loads = LOADS_PER_MINUTE * minutes;
    let seconds = MODES * 60 * minutes;
    let programs = [
        Program {
            timeout_s: loads * LOAD_S,
            ..LIVE_UNLOAD
        },
        Program {
            // A busy machine needs as long again to begin and end the load.
            timeout_s: 2 * seconds + LIVE_STRESS.timeout_s,
            ..LIVE_STRESS
        },
    ];
    GuestSpec {
        seconds: Some(seconds),
        count: Some(loads),
        packaged: Some(STRESS_NG),
        ..GuestSpec::new("soak", Variant::STANDARD, &programs).live()
    }
}

#[cfg(test)]
mod tests {
    use super::{at_once, guest};

    #[test]
    fn each_mode_has_its_minutes_and_each_program_the_time_it_takes() {
        let guest = guest(10);
        let plan = guest.plan(4);
        let [unload, stress] = &plan.steps[..] else {
            panic!("{plan:?}");
        };
        assert_eq!(unload.env["PWLOCKS_COUNT"], "200");
        assert_eq!(stress.env["PWLOCKS_SECONDS"], "1800");
        assert_eq!(stress.env["PWLOCKS_STRESS_NG"], "/usr/bin/stress-ng");
        assert!(stress.timeout_s > 1800);
        assert_eq!(guest.timeout_s(), unload.timeout_s + stress.timeout_s);
    }

    #[test]
    fn guests_that_are_all_busy_do_not_share_cpus() {
        assert_eq!(at_once(2, 4), 1);
        assert_eq!(at_once(4, 4), 1);
        assert_eq!(at_once(16, 4), 4);
    }
}
