// SPDX-License-Identifier: GPL-2.0

//! No folio is lost or found twice, whatever happens at once.
//!
//! Four threads on CPUs of their own do random things to folios of their own; all kinds of drains
//! and CPUs that go down and come up disturb them. Every few seconds everything stops and the books
//! must balance. The seed is printed; `PWLOCKS_SEED` sets it. `PWLOCKS_SECONDS` is the length. With
//! `PWLOCKS_FLIP_MS` the mode is switched to and fro all the time, too.

mod audit;
mod disturbance;
mod round;

use round::Load;
use selftests::{
    demo::{Modules, check_nothing_left},
    ensure, environment,
    flipper::Flipper,
    ktap::{self, Report, Trouble},
    random, repeat,
};
use std::{process::ExitCode, time::Duration};

/// How often everything stops for the books to be looked at.
const ROUNDS: u32 = 10;

/// How often the mode is switched at least, where it is.
const FLIPS: u64 = 10;

fn main() -> ExitCode {
    match load() {
        Ok((_modules, load)) => run(load),
        Err(trouble) => ktap::nothing_tested("the demo is there", trouble),
    }
}

fn load() -> Result<(Modules, Load), Trouble> {
    let modules = Modules::need()?;
    let load = Load::new(random::seed())?;

    Ok((modules, load))
}

fn run(mut load: Load) -> ExitCode {
    let total = Duration::from_secs(environment::seconds().unwrap_or(60));
    let flips = environment::flip_ms();
    let mut report = Report::begin(ROUNDS as usize + 5 + usize::from(flips.is_some()));

    report.diagnostic(format_args!("PWLOCKS_SEED={}", load.seed()));
    let flipper = flips
        .map(|longest_ms| Flipper::begin(longest_ms, random::source(load.seed(), 200)))
        .transpose();
    let has_flipped = || match &flipper {
        Ok(Some(flipper)) => flipper.switches() >= FLIPS,
        _ => true,
    };
    report.test("nothing has run: the books balance", || load.audit());
    for round in 1..=ROUNDS {
        report.test(
            &format!("round {round}: every folio is in one place"),
            || {
                repeat::until_seen(1, |_| {
                    load.run(total / ROUNDS)?;
                    load.audit()?;
                    // The last goes on for what has not happened by then.
                    Ok(round < ROUNDS || (load.has_done_all() && has_flipped()))
                })
                .map(drop)
            },
        );
        if report.has_failed() {
            // What comes after is of books that are wrong already. The points not given fail too.
            break;
        }
    }
    report.diagnostic(load.summary());
    if let Some(flipper) = flipper.transpose() {
        let switches = flipper.and_then(Flipper::end);
        report.diagnostic(format_args!("the mode was switched: {switches:?}"));
        report.test("the mode was switched all the time", || {
            let switches = switches?;
            ensure!(switches >= FLIPS, "{switches} switches in {total:?}");
            Ok(())
        });
    }
    if report.has_failed() {
        return report.end();
    }
    report.test("every operation applied to some folio", || {
        load.check_operations()
    });
    report.test("every CPU that can went down under load", || {
        load.check_hotplug()
    });
    report.test("drains of every kind had something to do", || {
        load.check_drains()
    });
    report.test("closing the files frees everything", move || {
        drop(load);
        check_nothing_left()
    });
    report.end()
}
