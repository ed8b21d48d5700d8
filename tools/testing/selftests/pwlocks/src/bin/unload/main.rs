// SPDX-License-Identifier: GPL-2.0

//! Unloading: refused while in use, possible in any other state, and nothing is left behind, however
//! often the caller has it done (`PWLOCKS_COUNT`).

mod cycle;
mod in_use;
mod leak;

use selftests::{
    demo::Modules,
    environment,
    ktap::{self, Report, Trouble},
};
use std::process::ExitCode;

/// How often the modules are loaded and unloaded, if the caller does not say.
const COUNT: u64 = 100;

fn main() -> ExitCode {
    match ours() {
        Ok(()) => run(),
        Err(trouble) => ktap::nothing_tested("the modules can be loaded and unloaded", trouble),
    }
}

/// Modules that somebody else loaded stay where they are.
fn ours() -> Result<(), Trouble> {
    if Modules::need()?.are_ours() {
        return Ok(());
    }
    Err(Trouble::skip("the modules were loaded before"))
}

fn run() -> ExitCode {
    let mut report = Report::begin(8);
    let count = environment::count().unwrap_or(COUNT);

    report.test("refused while a file is open", in_use::open_file);
    report.test("refused while a debugfs file is open", in_use::debugfs_file);
    report.test("the same for the kernel tests", in_use::tests_file);
    report.test("pwlocks is held by its user", in_use::user);
    report.test("with folios left in batches", in_use::batches);
    report.test("a leak of pages would be seen", leak::pages_are_seen);
    report.test("a leak of slab objects would be seen", leak::slab_is_seen);
    report.test(
        &format!("{count} times loaded and unloaded, nothing leaks"),
        || leak::cycles(count),
    );
    report.end()
}
