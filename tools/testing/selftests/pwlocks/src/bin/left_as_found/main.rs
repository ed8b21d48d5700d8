// SPDX-License-Identifier: GPL-2.0

//! Whether `run_here` leaves a machine as it was found, when what it runs comes to its end, when it is
//! interrupted, when a step takes too long, and when who has started it is killed. The figures that it
//! is there for have to come, too.

mod runner;

use runner::{Runner, Wanted};
use selftests::{
    as_found::AsFound,
    bench::{self, Asked},
    ensure,
    ktap::{self, Report, Verdict},
    triggers::Trigger,
};
use std::process::ExitCode;

/// With nothing loaded, and with mm_swap_live in both modes, and soon over.
const ALL: Wanted = Wanted {
    subject: None,
    count: 2,
    timeout_s: 300,
};

/// With mm_swap_live in place of the kernel's functions, and not soon over.
const LONG: Wanted = Wanted {
    subject: Some("1"),
    count: 100_000,
    timeout_s: 300,
};

/// The same in a step that may not take as long, but longer than until it makes its requests.
const TOO_LONG: Wanted = Wanted {
    timeout_s: 40,
    ..LONG
};

fn main() -> ExitCode {
    match AsFound::note() {
        Ok(found) => run(&found),
        Err(trouble) => ktap::nothing_tested("a machine is left as it was found", trouble),
    }
}

fn run(found: &AsFound) -> ExitCode {
    let mut report = Report::begin(4);

    report.test("what is measured, and nothing is left of it", || {
        measured(found)
    });
    report.test("nothing is left after an interruption", || {
        interrupted(found)
    });
    report.test("nothing is left of a step that took too long", || {
        too_long(found)
    });
    report.test("nothing is left when who wanted it is killed", || {
        orphaned(found)
    });
    report.end()
}

/// What it says of each request with each subject.
fn measured(found: &AsFound) -> Verdict {
    let ended = Runner::start(&ALL)?.end()?;

    ended.has_status(0)?;
    ensure!(ended.has_line("@done"), "it ran not all: {ended:?}");
    for subject in [
        "\"stock\",\"pwlocks\":null",
        "\"live\",\"pwlocks\":0",
        "\"live\",\"pwlocks\":1",
    ] {
        for asked in [None].into_iter().chain(Trigger::ALL.map(Some)) {
            let start = format!(
                "{{\"bench\":\"interference\",\"trigger\":\"{}\",\"subject\":{subject},",
                bench::name(asked)
            );
            let is_there = ended.has_line(&start);
            ensure!(
                is_there != is_left_out(asked),
                "{start}: {is_there}, in {ended:?}"
            );
        }
    }
    is_as_found(found)
}

/// Memory is not taken offline, as this machine is said to be used for other things.
fn is_left_out(asked: Asked) -> bool {
    asked == Some(Trigger::Offline)
}

fn interrupted(found: &AsFound) -> Verdict {
    let runner = Runner::start(&LONG)?;

    runner.wait_for_change(found)?;
    runner.interrupt()?;
    let ended = runner.end()?;
    ended.has_status(130)?;
    ensure!(!ended.has_line("@done"), "it says that it ran all");
    is_as_found(found)
}

fn too_long(found: &AsFound) -> Verdict {
    let runner = Runner::start(&TOO_LONG)?;

    runner.wait_for_change(found)?;
    let ended = runner.end()?;
    ended.has_status(0)?;
    ensure!(
        ended.has_line("@end bench_interference 124"),
        "it was not killed: {ended:?}"
    );
    is_as_found(found)
}

fn orphaned(found: &AsFound) -> Verdict {
    let runner = Runner::start_by_another(&LONG)?;

    runner.wait_for_change(found)?;
    runner.kill()?;
    runner::wait_until("everything is as it was found", || {
        Ok(AsFound::note()? == *found)
    })
}

fn is_as_found(found: &AsFound) -> Verdict {
    let now = AsFound::note()?;

    ensure!(now == *found, "it was {found:#?} and is {now:#?}");
    Ok(())
}
