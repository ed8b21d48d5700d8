// SPDX-License-Identifier: GPL-2.0

//! The running kernel under load of all kinds at once, with mm_swap_live off, on and flipping: each
//! kind gets something done, the kernel finds no fault with itself, and no page is lost.
//!
//! It takes as long as the caller says (`PWLOCKS_SECONDS`), a third of it with each.

use selftests::{
    ensure, environment,
    ktap::{self, Report, Trouble, Verdict},
    live::Setting,
    stress::{Before, Done, Extent, Hog, Load},
};
use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

/// Seconds, if the caller does not say.
const SECONDS: u64 = 60;

/// What is allocated once, for good, is there after that.
const WARM_UP: Duration = Duration::from_secs(5);

/// How often it says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

const SETTINGS: [Setting; 3] = [Setting::Off, Setting::On, Setting::Flipping];

/// Points of each.
const POINTS: usize = 5;

fn main() -> ExitCode {
    if let Some(status) = Hog::play() {
        return status;
    }
    match load(Setting::Stock, WARM_UP) {
        Ok(_) => run(),
        Err(trouble) => ktap::nothing_tested("the kernel can be loaded", trouble),
    }
}

fn run() -> ExitCode {
    let mut report = Report::begin(SETTINGS.len() * POINTS);
    let seconds = environment::seconds().unwrap_or(SECONDS);
    let time = Duration::from_secs(seconds) / SETTINGS.len() as u32;

    for setting in SETTINGS {
        let mut before = match Before::now() {
            Ok(before) => before,
            Err(trouble) => return ktap::nothing_tested("memory can be measured", trouble),
        };
        let (done, flips) = match load(setting, time) {
            Ok((done, flips)) => (Done::check(&done), check_flips(setting, flips)),
            Err(trouble) => (Err(trouble), Err("there was no load".into())),
        };
        for (name, verdict) in [
            ("everything gets done", done),
            ("the switch is as it should be", flips),
            ("the kernel does not complain", before.log()),
            ("no page is left that nobody has", Before::pages()),
            ("memory is as before", before.memory()),
        ] {
            report.point(&format!("{setting}: {name}"), verdict);
        }
    }
    report.end()
}

/// Loads the kernel for a while; what was done, and how often the switch was flipped.
fn load(setting: Setting, time: Duration) -> Result<(Vec<Done>, u64), Trouble> {
    let load = Load::start(Extent::Everything)?;
    let applied = setting.apply()?;

    applied.check()?;
    wait(time);
    // Off and on while the load goes on.
    let flips = applied.end();
    let done = load.stop()?;
    Ok((done, flips?))
}

/// Sleeps, and shows now and then that this program does not hang.
fn wait(time: Duration) {
    let start = Instant::now();

    while let Some(left) = time.checked_sub(start.elapsed()) {
        thread::sleep(left.min(SIGN_OF_LIFE));
        println!("# {:.0?} of {time:.0?}", start.elapsed());
    }
}

fn check_flips(setting: Setting, flips: u64) -> Verdict {
    if setting == Setting::Flipping {
        println!("# the switch was flipped {flips} times");
        // Over and back; under load a switch can take seconds.
        ensure!(flips >= 2, "the switch was flipped {flips} times only");
    }
    Ok(())
}
