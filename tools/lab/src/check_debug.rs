// SPDX-License-Identifier: GPL-2.0

//! `make check-debug`: the guests of `make check`, and some more, on kernels that look for mistakes
//! themselves.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::check;
use crate::debug_kernel::DebugKernel;
use crate::failure::{Ended, Failure, Result};
use crate::guest_choice::Guests;
use crate::kernels;
use crate::lab::Lab;
use crate::matrix::{self, GuestSpec, Program};
use crate::repeated;
use crate::time_limit::TimeLimit;
use crate::userland;

/// How much longer a program may take, and say nothing, than on the stock kernel: the checks are many, and
/// emulated.
const SLOWER: u32 = 5;

/// Seconds of random operations, for which all guests together have to be done in time.
const SECONDS: u64 = 15;

/// How often a program repeats what it is about, and how often modules are loaded and unloaded under load.
const TIMES: u64 = 5;
const UNLOADS_IN_LOAD: u64 = 2;

/// Minutes of `make soak` that are asked for by default, to say how much more that does.
const SOAK_MINUTES: u64 = 10;

const MINUTE: Duration = Duration::from_secs(60);

/// Runs `chosen` guests on the kernels `wanted`, all if it is empty; the last line on standard output is
/// their sum. A guest that would not be over in `minutes`, of which the building of kernels takes its part, is
/// not begun.
pub fn run(
    lab: &Lab,
    wanted: &[DebugKernel],
    chosen: &Guests,
    minutes: Option<u32>,
) -> Result<Ended> {
    let limit = minutes.map(|minutes| TimeLimit::new(Instant::now() + MINUTE * minutes));
    let wanted = match wanted {
        [] => &DebugKernel::ALL,
        some => some,
    };
    each_must_be_had(chosen, wanted)?;
    lab.ui.say(&format!(
        "counts that fit, of those of make soak: {}",
        repeated::both(SOAK_MINUTES)
    ));
    run_on(lab, wanted, |kernel| guests(kernel, chosen), limit.as_ref())
}

/// Fails if there is a guest among the `chosen` that none of the kernels `wanted` has.
fn each_must_be_had(chosen: &Guests, wanted: &[DebugKernel]) -> Result<()> {
    let all = wanted
        .iter()
        .flat_map(|&kernel| guests(kernel, &Guests::All));
    chosen.must_be_among("check-debug", all.map(|guest| guest.name))
}

/// `make soak` with debug kernels: on those `wanted`, the `chosen` of the guests that repeat something, as
/// often as `minutes` ask for.
pub fn soak(lab: &Lab, wanted: &[DebugKernel], chosen: &Guests, minutes: u32) -> Result<Ended> {
    let all = || repeated::in_soak(minutes.into());
    chosen.must_be_among("soak", all().map(|guest| guest.name))?;
    let guests = |_| {
        let chosen = all().filter(|guest| chosen.has(&guest.name));
        chosen.map(slower).collect()
    };
    run_on(lab, wanted, guests, None)
}

/// Runs `guests` on the kernels `wanted`, those for which `limit` has the time if there is one.
fn run_on(
    lab: &Lab,
    wanted: &[DebugKernel],
    guests: impl Fn(DebugKernel) -> Vec<GuestSpec>,
    limit: Option<&TimeLimit>,
) -> Result<Ended> {
    let kernels = kernels::get_debug(lab, wanted)?;
    let Some(first) = kernels.first() else {
        return Err(Failure::step("check-debug", "no kernel to test on"));
    };
    let programs = userland::get(lab, &first.root)?;
    let guests = kernels
        .iter()
        .zip(wanted)
        .map(|(kernel, &which)| (kernel, guests(which)));
    let jobs = few_first(check::jobs(lab, &programs, guests)?, |job| &job.spec);
    let tally = check::run_jobs_within(lab, jobs, &programs, lab.options.jobs, limit)?;
    check::report(lab, &tally)
}

/// Those of `jobs` that [`Guests::Few`] are before the others, for what is left out to be among these.
fn few_first<T>(jobs: impl IntoIterator<Item = T>, spec: impl Fn(&T) -> &GuestSpec) -> VecDeque<T> {
    let is_few = |job: &T| Guests::Few.has(&spec(job).name);
    let (mut few, others): (VecDeque<_>, VecDeque<_>) = jobs.into_iter().partition(is_few);
    few.extend(others);
    few
}

/// The `chosen` guests of `kernel`.
pub fn guests(kernel: DebugKernel, chosen: &Guests) -> Vec<GuestSpec> {
    matrix::guests(kernel.flavour())
        .into_iter()
        // What the checks add to each instruction that is counted says nothing.
        .filter(|guest| !guest.setting.counts())
        // The kernel's own tests of mm take what these kernels are not built with.
        .filter(|guest| !guest.mm_selftests)
        // Some refusals take lockdown and signed modules, and none has to do with what is looked for.
        .filter(|guest| guest.name != matrix::REFUSALS)
        .map(|guest| GuestSpec {
            count: Some(
                guest
                    .count
                    .map_or(TIMES, |count| count.min(UNLOADS_IN_LOAD)),
            ),
            ..guest
        })
        // These have counts that fit.
        .chain(matrix::debug_guests(kernel))
        .filter(|guest| chosen.has(&guest.name))
        .map(slower)
        .collect()
}

/// `guest` with times that fit a debug kernel.
fn slower(guest: GuestSpec) -> GuestSpec {
    let programs = guest.programs.iter().map(|&program| Program {
        timeout_s: u64::from(SLOWER) * program.timeout_s,
        ..program
    });
    GuestSpec {
        patience: SLOWER,
        programs: programs.collect(),
        seconds: guest.seconds.or(Some(SECONDS)),
        ..guest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{each_must_be_had, few_first, guests};
    use crate::debug_kernel::DebugKernel;
    use crate::guest_choice::Guests;

    #[test]
    fn nothing_is_counted_and_everything_has_more_time() {
        for kernel in DebugKernel::ALL {
            let all = guests(kernel, &Guests::All);
            let named = |name: &str| all.iter().find(|guest| guest.name == name);
            assert!(named("count").is_none());
            assert!(named("live-count").is_none());
            assert!(named("refusal").is_none());
            let guest = named("conservation-1").unwrap();
            let plan = guest.plan(4);
            assert_eq!(plan.steps[0].env["PWLOCKS_SECONDS"], "15");
            assert_eq!(plan.steps[0].timeout_s, 1200);
            assert_eq!(guest.patience, 5);
            assert!(named("lockdep-nesting").is_some());
            let count = |name| named(name).unwrap().plan(4).steps[0].env["PWLOCKS_COUNT"].clone();
            assert_eq!(count("live-unload"), "2");
            assert_eq!(count("mode-1"), "5");
            assert_eq!(count("fuzz"), "10000");
        }
    }

    fn names(kernel: DebugKernel, chosen: &Guests) -> Vec<String> {
        let guests = guests(kernel, chosen).into_iter();
        guests.map(|guest| guest.name).collect()
    }

    #[test]
    fn the_few_come_first_and_all_others_after_them() {
        for kernel in DebugKernel::ALL {
            let sorted = few_first(guests(kernel, &Guests::All), |guest| guest);
            let sorted: Vec<_> = sorted.into_iter().map(|guest| guest.name).collect();
            let few = names(kernel, &Guests::Few);
            assert_eq!(sorted[..few.len()], few);
            let all: BTreeSet<_> = names(kernel, &Guests::All).into_iter().collect();
            assert_eq!(sorted.len(), all.len());
            assert_eq!(BTreeSet::from_iter(sorted), all);
        }
    }

    #[test]
    fn guests_can_be_named() {
        let two = Guests::from("fuzz,mode-1");
        assert_eq!(names(DebugKernel::Kasan, &two), ["mode-1", "fuzz"]);
    }

    #[test]
    fn it_is_enough_that_one_of_the_kernels_has_a_guest() {
        let chosen = Guests::from("modprobe,kcsan");
        each_must_be_had(&chosen, &DebugKernel::ALL).unwrap();
        let failure = each_must_be_had(&chosen, &[DebugKernel::Kasan]).unwrap_err();
        assert!(failure.cause.contains("\"kcsan\""), "{failure:?}");
        let failure = each_must_be_had(&chosen, &[DebugKernel::RtKasan]).unwrap_err();
        assert!(failure.cause.contains("\"modprobe\""), "{failure:?}");
    }

    #[test]
    fn a_data_race_is_for_the_kernel_that_sees_it() {
        for kernel in DebugKernel::ALL {
            let all = names(kernel, &Guests::All);
            let has = all.iter().any(|name| name == "kcsan");
            assert_eq!(has, kernel == DebugKernel::Kcsan, "{}", kernel.name());
        }
    }
}
