// SPDX-License-Identifier: GPL-2.0

//! What the modules do without memory: each allocation of loading them, of opening the demo's device
//! and each of its requests, and of switching the mode with mm_swap_live loaded, fails once. Either
//! that works all the same, or it fails with `ENOMEM`, nothing is left behind, and it works the next
//! time.
//!
//! `PWLOCKS_COUNT` is how many allocations fail of each operation's first, and of its last. Needs a
//! kernel with fault injection, and fails on others.

mod device;
mod injection;
mod insmod;
mod operation;
mod switching;

use device::Requests;
use injection::Injection;
use insmod::Insmod;
use operation::{Operation, Tally, fail_each};
use selftests::{
    demo::Modules,
    ensure, environment,
    ktap::{self, Report, Trouble},
    live::Setting,
    module,
    stress::Before,
};
use std::process::ExitCode;
use switching::{Direction, Switching};

/// How many allocations, if the caller does not say.
const COUNT: u64 = 200;

/// Points beside the operations.
const OTHER_POINTS: usize = 3;

fn main() -> ExitCode {
    match prepare() {
        Ok((injection, before)) => run(&injection, before),
        Err(trouble) => ktap::nothing_tested("allocations can be made to fail", trouble),
    }
}

fn prepare() -> Result<(Injection, Before), Trouble> {
    if module::is_loaded("pwlocks") {
        return Err(Trouble::skip(
            "pwlocks is loaded, and this loads it again and again; rmmod it and its users first",
        ));
    }
    let injection = Injection::prepare()?;

    // What is allocated once for good is there after a first time.
    Setting::Off.apply()?.end()?;
    drop(Modules::need()?);
    Ok((injection, Before::now()?))
}

fn run(injection: &Injection, mut before: Before) -> ExitCode {
    let operations = insmod::CASES.len() + device::count() + Direction::ALL.len();
    let mut report = Report::begin(operations + OTHER_POINTS);
    let count = environment::count().unwrap_or(COUNT);
    let mut trial = Trial {
        injection,
        count: u32::try_from(count).unwrap_or(u32::MAX),
        all: Tally::default(),
    };

    for case in insmod::CASES {
        trial.point(&mut report, Insmod::new(case));
    }
    match Requests::new() {
        Ok(requests) => {
            for request in requests.each() {
                trial.point(&mut report, request);
            }
        }
        // What was planned and does not come is a failure, too.
        Err(trouble) => report.point("the demo is there", Err(trouble)),
    }
    for direction in Direction::ALL {
        trial.point(&mut report, Switching::new(direction));
    }
    report.diagnostic(format_args!("all together: {:?}", trial.all));
    report.test(
        "allocations were made to fail, and some operations with them",
        || {
            ensure!(
                trial.all.injected > 0 && trial.all.failed > 0,
                "{:?}",
                trial.all
            );
            Ok(())
        },
    );
    report.point("the kernel does not complain", before.log());
    report.point("memory is as before", before.memory());
    report.end()
}

/// The test of one operation after the other.
struct Trial<'a> {
    injection: &'a Injection,
    count: u32,
    all: Tally,
}

impl Trial<'_> {
    fn point(&mut self, report: &mut Report, operation: Result<impl Operation, Trouble>) {
        let mut operation = match operation {
            Ok(operation) => operation,
            Err(trouble) => return report.point("the operation can be prepared", Err(trouble)),
        };
        let name = operation.name();
        let result = fail_each(&mut operation, self.injection, self.count);

        report.point(
            &name,
            result.map(|tally| {
                println!(
                    "# {name}: {} allocations, {} were made to fail, {} times it failed then",
                    tally.allocations, tally.injected, tally.failed
                );
                self.all += tally;
            }),
        );
    }
}
