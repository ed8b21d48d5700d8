// SPDX-License-Identifier: GPL-2.0

//! What the drains promise: whatever was in a batch before the call is on a list after it.
//!
//! The module numbers every folio's entry into a batch and its arrival on a list, and the beginning
//! and end of every drain, with one counter, so that what came first is known and not guessed. With
//! `PWLOCKS_FLIP_MS` the mode is switched to and fro all the time, and the promises are the same.

mod bh;
mod cache;
mod concurrent;
mod kinds;
mod promise;
mod scope;
mod stream;

use selftests::{
    cpulist,
    demo::{Device, Modules},
    doing::Doing as _,
    ensure, environment,
    flipper::Flipper,
    ktap::{self, Report, Trouble},
    module, random,
};
use std::{process::ExitCode, sync::Arc};

/// Switches at least, of the mode, where it is switched all the time. The test takes some 20 s.
const MANY: u64 = 20;

/// What every test point gets.
struct Bench {
    device: Arc<Device>,
    cpus: Vec<usize>,
    /// Whether drain work is run by the caller; `None` where that changes all the time.
    remote: Option<bool>,
}

fn main() -> ExitCode {
    match prepare() {
        Ok((_modules, bench)) => run(&bench),
        Err(trouble) => ktap::nothing_tested("the demo is there", trouble),
    }
}

fn prepare() -> Result<(Modules, Bench), Trouble> {
    let modules = Modules::need()?;
    let remote = module::parameter("pwlocks", "pwlocks")? == "1";
    let bench = Bench {
        device: Arc::new(Device::open().doing("open")?),
        cpus: cpulist::read("online")?,
        remote: environment::flip_ms().is_none().then_some(remote),
    };

    Ok((modules, bench))
}

fn run(bench: &Bench) -> ExitCode {
    let flips = environment::flip_ms();
    let mut report = Report::begin(kinds::KINDS.len() + 11 + usize::from(flips.is_some()));
    let seed = random::seed();
    let flipper = flips.map(|longest_ms| {
        report.diagnostic(format_args!("PWLOCKS_SEED={seed}"));
        Flipper::begin(longest_ms, random::source(seed, 200))
    });

    for kind in kinds::KINDS {
        report.test(&format!("drain_all empties {}", kind.name), || {
            kinds::check(bench, kind)
        });
    }
    report.test("drain takes this CPU's batches only", || {
        scope::local(bench)
    });
    report.test("drain_cpu takes that CPU's batches only", || {
        scope::one_cpu(bench)
    });
    report.test("drain_cpu refuses a CPU that is offline", || {
        scope::offline(bench)
    });
    report.test("no drain asks CPUs with empty batches", || {
        scope::empty(bench)
    });
    report.test(
        "folios added before the call are on a list after it",
        || stream::check(bench),
    );
    let totals = concurrent::run(bench);
    report.test("the same for many callers at once", || {
        totals.as_ref().map(drop).map_err(Trouble::clone)
    });
    report.diagnostic(format_args!("{totals:?}"));
    report.test("callers at the same time share a pass", || match totals {
        Ok(totals) => totals.check_shared(),
        Err(Trouble::Skip(reason)) => Err(Trouble::Skip(reason)),
        Err(Trouble::Fail(_)) => Err("the calls have failed, see above".into()),
    });
    report.test("a forced drain never shares a pass", || {
        concurrent::forced(bench)
    });
    report.test("cache_disable drains all that was before", || {
        cache::drains(bench)
    });
    report.test("no batch is used until cache_enable", || {
        cache::disables(bench)
    });
    report.test("the buffer-head cache is drained by a workqueue", || {
        bh::check(bench)
    });
    if let Some(flipper) = flipper {
        report.test("the mode was switched all the time", || {
            let switches = flipper?.end()?;
            println!("# the mode was switched {switches} times");
            ensure!(switches > MANY, "the mode was switched {switches} times");
            Ok(())
        });
    }
    report.end()
}
