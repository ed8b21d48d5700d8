// SPDX-License-Identifier: GPL-2.0

//! kmalloc_bench.ko: what it refuses, what it reports, and that it goes away.

mod interrupt;
mod load;
mod refusals;
mod result;

use selftests::{
    ktap::{self, Report, Trouble},
    module,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = interrupt::as_child() {
        return code;
    }
    match prepare() {
        Ok(()) => run(),
        Err(trouble) => ktap::nothing_tested("the module can be loaded", trouble),
    }
}

fn prepare() -> Result<(), Trouble> {
    let file =
        module::file(load::NAME).ok_or_else(|| Trouble::skip("PWLOCKS_MODULES names no folder"))?;
    if !file.exists() {
        return Err(Trouble::skip(format!("there is no {}", file.display())));
    }
    if module::is_loaded(load::NAME) {
        return Err(Trouble::skip("kmalloc_bench was loaded before"));
    }
    Ok(())
}

fn run() -> ExitCode {
    let mut report = Report::begin(refusals::INVALID.len() + result::RUNS.len() + 7);

    for refusal in refusals::INVALID {
        report.test(&format!("{} is refused", refusal.params), || {
            refusals::invalid(refusal)
        });
    }
    report.test("too many iterations for the memory are refused", || {
        refusals::too_many("iterations=1000000000 size=65536")
    });
    report.test("the largest number of iterations is refused", || {
        refusals::too_many("iterations=18446744073709551615 size=64")
    });
    for params in result::RUNS {
        report.test(&format!("{params} reports figures"), || {
            result::plausible(params)
        });
    }
    report.test("the seed is reported", result::seed);
    report.test(
        "a pair costs at least an allocation",
        result::pair_and_batch,
    );
    report.test("the mode of pwlocks is reported", result::mode);
    report.test("unloads at once after a run", load::unloads_at_once);
    report.test("a signal ends it", interrupt::check);
    report.end()
}
