// SPDX-License-Identifier: GPL-2.0

//! CPUs that go down and come up, and a block of memory that goes offline and online, again and again,
//! while other CPUs drain them: with the demo, whose folios must all be there in the end, and with
//! mm_swap_live on the running kernel.
//!
//! The caller says how often (`PWLOCKS_COUNT`): so often every CPU but the first, and so often the
//! block; and more often where nobody has met a CPU as it went down by then.

mod cycle;
mod demo;
mod live;

use cycle::Cycle;
use selftests::{
    environment,
    ktap::{self, Report, Trouble, Verdict},
    module,
    stress::{Before, Hog},
};
use std::process::ExitCode;

/// How often, if the caller does not say.
const COUNT: u64 = 500;

/// How often before the first look at memory: what is allocated once, for good, is there after that.
const WARM_UP: u64 = 2;

/// Who is at work meanwhile.
type Load = fn(&Cycle, u64) -> Verdict;

const LOADS: [(&str, Load); 2] = [("demo", demo::run), ("live", live::run)];

/// Points of each load with each cycle.
const POINTS: usize = 4;

fn main() -> ExitCode {
    if let Some(status) = Hog::play() {
        return status;
    }
    match prepare() {
        Ok(cycles) => run(&cycles, environment::count().unwrap_or(COUNT)),
        Err(trouble) => ktap::nothing_tested("there is something that goes and comes", trouble),
    }
}

fn prepare() -> Result<[Cycle; 2], Trouble> {
    if module::is_loaded("pwlocks") {
        return Err(Trouble::skip(
            "pwlocks is loaded already; unload it and its users first",
        ));
    }
    Ok([Cycle::of_cpus()?, Cycle::of_memory()?])
}

fn run(cycles: &[Cycle], count: u64) -> ExitCode {
    let mut report = Report::begin(cycles.len() * LOADS.len() * POINTS);

    for cycle in cycles {
        for (name, load) in LOADS {
            let warm = load(cycle, WARM_UP).and_then(|()| Before::now());
            let mut before = match warm {
                Ok(before) => before,
                // The other points are missing then, which is a failure.
                Err(trouble) => {
                    report.point(&format!("{name}, {cycle}: a first time"), Err(trouble));
                    continue;
                }
            };
            let cycled = load(cycle, count);
            for (what, verdict) in [
                (&*format!("{count} times away and back"), cycled),
                ("the kernel does not complain", before.log()),
                ("no page is left that nobody has", Before::pages()),
                ("memory is as before", before.memory()),
            ] {
                report.point(&format!("{name}, {cycle}: {what}"), verdict);
            }
        }
    }
    report.end()
}
