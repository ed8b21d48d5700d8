// SPDX-License-Identifier: GPL-2.0

//! `make check-debug`: the guests of `make check`, and some more, on kernels that look for mistakes
//! themselves.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::check;
use crate::debug_kernel::DebugKernel;
use crate::failure::{Ended, Failure, Result};
use crate::kernels;
use crate::lab::Lab;
use crate::matrix::{self, GuestSpec, Program};
use crate::repeated;
use crate::userland;

/// How much longer a program may take than on the stock kernel: the checks are many, and emulated.
const SLOWER: u64 = 5;

/// Seconds of random operations, for which all guests together have to be done in time.
const SECONDS: u64 = 15;

/// How often modules are loaded and unloaded under load.
const UNLOADS: u64 = 2;

/// Minutes of `make soak` that are asked for by default, to say how much more that does.
const SOAK_MINUTES: u64 = 10;

const MINUTE: Duration = Duration::from_secs(60);

/// Which guests of a debug kernel are booted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Guests {
    /// Those of `make check` and those that only debug kernels get.
    All,
    /// Those of [`FEW`].
    Few,
    /// Those with one of these names.
    Named(Vec<String>),
}

impl Guests {
    /// Whether the guest called `name` is one of them.
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Few => FEW.contains(&name),
            Self::Named(names) => names.iter().any(|one| one == name),
        }
    }
}

/// What fits into `.ci/run` beside `make check`: the mistakes that lockdep and KCSAN have to find, and of
/// what the checkers look at (the locks, the switch, the demo's folios, the kernel's own) the guest in which
/// most goes on.
const FEW: [&str; 9] = [
    "kcsan",
    "lockdep-nesting",
    "lockdep-wait-type",
    "kunit-1",
    "flip-stretched",
    "conservation-flipping",
    "live",
    "killed",
    "fuzz",
];

/// Runs `chosen` guests on the kernels `wanted`, all if it is empty; the last line on standard output is
/// their sum. After `minutes`, of which the building of kernels takes its part, no more guests are begun.
pub fn run(
    lab: &Lab,
    wanted: &[DebugKernel],
    chosen: &Guests,
    minutes: Option<u32>,
) -> Result<Ended> {
    let last_begin = minutes.map(|minutes| Instant::now() + MINUTE * minutes);
    let wanted = match wanted {
        [] => &DebugKernel::ALL,
        some => some,
    };
    known(wanted, chosen)?;
    lab.ui.say(&format!(
        "counts that fit, of those of make soak: {}",
        repeated::both(SOAK_MINUTES)
    ));
    run_on(lab, wanted, |kernel| guests(kernel, chosen), last_begin)
}

/// `make soak` with debug kernels: on those `wanted`, the guests that repeat something, as often as
/// `minutes` ask for.
pub fn soak(lab: &Lab, wanted: &[DebugKernel], minutes: u32) -> Result<Ended> {
    let guests = |_| repeated::in_soak(minutes.into()).map(slower).collect();
    run_on(lab, wanted, guests, None)
}

/// Fails if a name that was asked for is that of no guest of the kernels `wanted`.
fn known(wanted: &[DebugKernel], chosen: &Guests) -> Result<()> {
    let Guests::Named(names) = chosen else {
        return Ok(());
    };
    let all = wanted
        .iter()
        .flat_map(|&kernel| guests(kernel, &Guests::All));
    let all: BTreeSet<_> = all.map(|guest| guest.name).collect();
    let Some(unknown) = names.iter().find(|&name| !all.contains(name)) else {
        return Ok(());
    };
    let all: Vec<_> = all.into_iter().collect();
    Err(Failure::usage(
        "check-debug",
        format!("GUESTS has {unknown:?}, which is none of these kernels' guests"),
    )
    .remedy(format!(
        "all, few, or some of these, separated by commas: {}",
        all.join(", ")
    )))
}

/// Runs `guests` on the kernels `wanted`, of which the last begins at `last_begin` if there is one.
fn run_on(
    lab: &Lab,
    wanted: &[DebugKernel],
    guests: impl Fn(DebugKernel) -> Vec<GuestSpec>,
    last_begin: Option<Instant>,
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
    let tally = check::run_jobs_until(lab, jobs, &programs, lab.options.jobs, last_begin)?;
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
fn guests(kernel: DebugKernel, chosen: &Guests) -> Vec<GuestSpec> {
    matrix::guests(kernel.flavour())
        .into_iter()
        // What the checks add to each instruction that is counted says nothing.
        .filter(|guest| !guest.setting.counts())
        // The kernel's own tests of mm take what these kernels are not built with.
        .filter(|guest| !guest.mm_selftests)
        // Some refusals take lockdown and signed modules, and none has to do with what is looked for.
        .filter(|guest| guest.name != matrix::REFUSALS)
        .map(|guest| GuestSpec {
            count: guest.count.map(|count| count.min(UNLOADS)),
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
        timeout_s: SLOWER * program.timeout_s,
        ..program
    });
    GuestSpec {
        programs: programs.collect(),
        seconds: guest.seconds.or(Some(SECONDS)),
        ..guest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FEW, Guests, few_first, guests, known};
    use crate::debug_kernel::DebugKernel;

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
            assert!(named("lockdep-nesting").is_some());
            let count = |name| named(name).unwrap().plan(4).steps[0].env["PWLOCKS_COUNT"].clone();
            assert_eq!(count("live-unload"), "2");
            assert_eq!(count("fuzz"), "20000");
        }
    }

    fn names(kernel: DebugKernel, chosen: &Guests) -> Vec<String> {
        let guests = guests(kernel, chosen).into_iter();
        guests.map(|guest| guest.name).collect()
    }

    #[test]
    fn the_few_are_some_of_all() {
        for kernel in DebugKernel::ALL {
            let (few, all) = (names(kernel, &Guests::Few), names(kernel, &Guests::All));
            let wanted = FEW.iter().filter(|name| all.iter().any(|one| one == *name));
            assert_eq!(few.len(), wanted.count());
            assert!(few.len() < all.len());
        }
        let everywhere: BTreeSet<_> = DebugKernel::ALL
            .into_iter()
            .flat_map(|kernel| names(kernel, &Guests::Few))
            .collect();
        assert_eq!(everywhere.len(), FEW.len());
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
        let named = |names: &[&str]| Guests::Named(names.iter().map(|&name| name.into()).collect());
        let two = named(&["fuzz", "mode-1"]);
        assert_eq!(names(DebugKernel::Kasan, &two), ["mode-1", "fuzz"]);
        known(&[DebugKernel::Kasan], &two).unwrap();
        // It is no name on the one kernel, and is on both.
        let race = named(&["kcsan"]);
        let failure = known(&[DebugKernel::RtKasan], &race).unwrap_err();
        assert!(failure.cause.contains("\"kcsan\""), "{failure:?}");
        assert!(failure.remedy.unwrap().contains("kunit-0, kunit-1, "));
        known(&[DebugKernel::RtKasan, DebugKernel::Kcsan], &race).unwrap();
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
