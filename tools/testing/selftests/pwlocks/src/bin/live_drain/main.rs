// SPDX-License-Identifier: GPL-2.0

//! The running kernel's drains, seen from user space: what was in a batch of another CPU is on its
//! list when whatever drains all CPUs returns, and the kernel counts what it counts without us.
//!
//! Each check is made of the stock kernel first, so that what it looks for is known to be there.

mod arrival;
mod counters;
mod kind;
mod works;

use arrival::Bench;
use selftests::{
    environment,
    ktap::{self, Report, Trouble, Verdict},
    live::{Disks, Setting, Trigger},
    stress::Before,
};
use std::{process::ExitCode, time::Duration};

/// Rounds of each check while nothing else runs.
const ROUNDS: u32 = 4;

/// How long the checks go on while threads fault.
const BUSY: Duration = Duration::from_secs(4);

/// How long they go on while the switch is flipped besides.
const FLIPPING: Duration = Duration::from_secs(12);

/// Points of each setting.
const POINTS: usize = Trigger::ALL.len() + 6;

fn main() -> ExitCode {
    match Bench::new() {
        Ok(bench) => run(bench),
        Err(trouble) => ktap::nothing_tested("the drains can be tested", trouble),
    }
}

fn run(bench: Bench) -> ExitCode {
    // A fault that was built in shows where mm_swap_live drains, and the rest was tested without.
    let faulty = environment::sabotage().is_some();
    let (settings, counters) = if faulty {
        (&[Setting::On][..], 0)
    } else {
        (&Setting::ALL[..], counters::POINTS)
    };
    let mut report = Report::begin(settings.len() * POINTS + counters);

    for &setting in settings {
        let points = check(&mut report, &bench, setting);
        for point in points..POINTS {
            let name = format!("{setting}: point {point}");
            report.point(&name, Err("not reached, see above".into()));
        }
    }
    if !faulty {
        counters::run(&mut report, &bench);
    }
    let Bench { disk, disks, .. } = bench;
    drop(disk);
    if let Some(Err(trouble)) = disks.map(Disks::remove) {
        eprintln!("{trouble:?}");
    }
    report.end()
}

/// Makes the points of `setting`; how many there were.
fn check(report: &mut Report, bench: &Bench, setting: Setting) -> usize {
    let mut points = 0;
    let mut point = |name: &str, verdict: Verdict| {
        points += 1;
        report.point(&format!("{setting}: {name}"), verdict);
    };

    let applied = match setting.apply() {
        Ok(applied) => applied,
        Err(trouble) => {
            point("the modules can be loaded", Err(trouble));
            return points;
        }
    };
    point("what is replaced is as the switch says", applied.check());

    let works = match works::Works::begin() {
        Ok(works) => works,
        Err(trouble) => {
            point("the workqueue can be traced", Err(trouble));
            return points;
        }
    };
    for trigger in Trigger::ALL {
        point(
            &format!("{trigger} leaves nothing in a batch"),
            bench.pages(trigger, ROUNDS),
        );
    }
    point("mlock and munlock arrive", bench.mlock(ROUNDS));
    point("the same while threads fault", {
        let time = if setting == Setting::Flipping {
            FLIPPING
        } else {
            BUSY
        };
        bench.busy(time)
    });
    point("works are as the switch says", works.check(setting));
    drop(works);
    point("no page is left that nobody has", Before::pages());
    point(
        "afterwards nothing is replaced",
        ended(setting, applied.end()),
    );
    points
}

fn ended(setting: Setting, flips: Result<u64, Trouble>) -> Verdict {
    let flips = flips?;

    if setting == Setting::Flipping {
        println!("# the switch was flipped {flips} times");
        // Over and back; under load a switch can take seconds.
        selftests::ensure!(flips >= 2, "the switch was flipped {flips} times only");
    }
    Ok(())
}
