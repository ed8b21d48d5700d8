// SPDX-License-Identifier: GPL-2.0

//! kill -9 of everybody who uses the modules, at random moments: nobody gets stuck, and nothing is
//! left behind.
//!
//! Processes that use the demo, switch the mode, have the kernel drain with mm_swap_live, load and
//! unload the modules and read their files are killed and started again for as long as the caller
//! says (`PWLOCKS_SECONDS`). The seed is printed; `PWLOCKS_SEED` sets it. With it each process does
//! the same things in the same order, and lives as long, or longer where the machine is too slow for
//! it to do anything; what they meet with on the way is not the same, as they run at once.

mod drains;
mod files;
mod folios;
mod mode;
mod modules;
mod process;
mod role;
mod storm;

use nix::errno::Errno;
use role::Role;
use selftests::{
    demo::{Modules, check_nothing_left},
    doing::Doing as _,
    drop_caches, ensure, environment,
    ktap::{self, Report, Trouble, Verdict},
    live, mode_values,
    module::{self, Module},
    our_modules, random,
    stress::Before,
    tasks,
};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use storm::Storm;

/// Seconds, if the caller does not say.
const SECONDS: u64 = 20;

/// What is allocated once, for good, is there after that.
const WARM_UP: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    if let Some(status) = Role::play() {
        return status;
    }
    if let Some(skipped) = mode_values::loader("killed") {
        return skipped;
    }
    match prepare() {
        Ok(before) => run(before),
        Err(trouble) => ktap::nothing_tested("the modules can be used", trouble),
    }
}

fn prepare() -> Result<Before, Trouble> {
    drop_caches::quietly()?;
    match live_can_be_had() {
        Ok(()) => {}
        // It was not built, or not for this kernel. Then the kernel drains as it ever did.
        Err(error @ (Errno::ENOENT | Errno::ENOEXEC)) => {
            println!("# left out: {} ({error})", live::MODULE);
        }
        Err(error) => return Err(error).doing(format_args!("insmod {}", live::MODULE)),
    }
    Storm::new(random::seed())?.rage(WARM_UP)?;
    our_modules::unload_all()?;
    Before::now()
}

/// Whether there is a mm_swap_live for this kernel.
fn live_can_be_had() -> Result<(), Errno> {
    let _pwlocks = Module::load("pwlocks", "pwlocks=0")?;

    Module::load(live::MODULE, "").map(drop)
}

fn run(mut before: Before) -> ExitCode {
    let mut report = Report::begin(8);
    let seconds = environment::seconds().unwrap_or(SECONDS);
    let seed = random::seed();

    report.diagnostic(format_args!(
        "PWLOCKS_SEED={seed} PWLOCKS_SECONDS={seconds}"
    ));
    report.test("everybody works until killed, and ends then", || {
        let mut storm = Storm::new(seed)?;
        let raged = storm.rage(Duration::from_secs(seconds));
        println!("{storm}");
        raged?;
        storm.check()
    });
    if report.has_failed() {
        // Whoever is stuck has a lock or a module, and what comes after would wait for it.
        return report.end();
    }
    report.test("the mode can be written and read", mode_can_be_set);
    report.test("the demo has no folio left", || {
        let _modules = Modules::need()?;
        check_nothing_left()
    });
    report.test("all modules can be unloaded", our_modules::unload_all);
    report.test("no task is in code that is gone", || {
        let left = tasks::in_freed_code()?;
        ensure!(left.is_empty(), "{left:#?}");
        Ok(())
    });
    report.test("the kernel does not complain", || before.log());
    report.test("no page is left that nobody has", Before::pages);
    report.test("memory is as before", || before.memory());
    report.end()
}

/// By a process of its own: one that waits for a lock for ever can't be joined.
fn mode_can_be_set() -> Verdict {
    let _pwlocks = if module::is_loaded("pwlocks") {
        None
    } else {
        Some(Module::need_pwlocks()?)
    };
    let setter = process::Process::start(Role::Setter, 0, None)?;

    setter.must_succeed(Instant::now() + process::PATIENCE)
}
