// SPDX-License-Identifier: GPL-2.0

//! Loading and unloading mm_swap_live while the kernel drains, faults, mlocks and reclaims, and in a
//! soak under load of all kinds: nothing stays replaced, no task stays in the module's code, and
//! nothing is left behind.
//!
//! The caller says how often (`PWLOCKS_COUNT`).

use selftests::{
    doing::Doing as _,
    ensure, environment,
    ktap::{self, Report, Trouble, Verdict},
    live::{MODULE, Replaced},
    module::Module,
    stress::{Before, Done, Extent, Hog, Load},
    tasks,
};
use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

/// How often, if the caller does not say.
const COUNT: u64 = 20;

/// How long it stays loaded, and unloaded.
const PERIOD: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    if let Some(status) = Hog::play() {
        return status;
    }
    // What is allocated once, for good, is there after a first time.
    let warm = under_load(2).and_then(|_| Before::now());
    match warm {
        Ok(before) => run(before),
        Err(trouble) => ktap::nothing_tested("the module can be loaded and unloaded", trouble),
    }
}

fn run(mut before: Before) -> ExitCode {
    let count = environment::count().unwrap_or(COUNT);
    let mut report = Report::begin(5);
    let (loads, done) = match under_load(count) {
        Ok((loads, done)) => (loads, Done::check(&done)),
        Err(trouble) => (Err(trouble), Err("there was no load".into())),
    };

    for (name, verdict) in [
        (&*format!("{count} times loaded and unloaded"), loads),
        ("the load went on meanwhile", done),
        ("the kernel does not complain", before.log()),
        ("no page is left that nobody has", Before::pages()),
        ("memory is as before", before.memory()),
    ] {
        report.point(name, verdict);
    }
    report.end()
}

/// Loads and unloads the module `count` times under load; what came of either.
fn under_load(count: u64) -> Result<(Verdict, Vec<Done>), Trouble> {
    // Of everything, the kernel's wait for all its tasks takes so long that only a soak has the time.
    let extent = match environment::stress_ng() {
        Some(_) => Extent::Everything,
        None => Extent::Basic,
    };
    let load = Load::start(extent)?;
    let loads = cycles(count);

    Ok((loads, load.stop()?))
}

fn cycles(count: u64) -> Verdict {
    let pwlocks = Module::need("pwlocks", "pwlocks=1")?;

    let (mut loading, mut unloading) = (Duration::ZERO, Duration::ZERO);

    for number in 0..count {
        let start = Instant::now();
        let live = Module::load(MODULE, "").doing(format_args!("insmod {MODULE}"))?;
        loading += start.elapsed();
        ensure!(
            Replaced::now()?.has_drains(),
            "load {number}: nothing is replaced"
        );
        thread::sleep(PERIOD);
        let start = Instant::now();
        live.unload().doing(format_args!("rmmod {MODULE}"))?;
        unloading += start.elapsed();
        let replaced = Replaced::now()?;
        ensure!(
            replaced.is_empty(),
            "unload {number}: still replaced: {replaced:?}"
        );
        let left = tasks::in_freed_code()?;
        ensure!(
            left.is_empty(),
            "unload {number}: in code that is not there any more: {left:#?}"
        );
        // So that it is not taken for hanging.
        println!("# unloaded {} times", number + 1);
        thread::sleep(PERIOD);
    }
    println!("# {count} times insmod took {loading:.1?}, rmmod {unloading:.1?}");
    drop(pwlocks);
    Ok(())
}
