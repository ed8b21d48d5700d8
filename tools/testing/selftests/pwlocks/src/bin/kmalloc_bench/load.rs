// SPDX-License-Identifier: GPL-2.0

//! Running the benchmark, which is loading the module.

use selftests::{
    doing::Doing as _,
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    module::{self, Module},
};
use serde_json::Value;

pub(crate) const NAME: &str = "kmalloc_bench";

/// Runs it; the report, as debugfs shows it.
pub(crate) fn run(params: &str) -> Result<Value, Trouble> {
    let module = Module::load(NAME, params).doing(format_args!("insmod {NAME} {params}"))?;
    let text = kernel_file::read(kernel_file::debugfs("kmalloc_bench/result"))?;

    module.unload().doing("rmmod")?;
    ensure!(
        text.lines().count() == 1,
        "the report is not one line: {text}"
    );
    serde_json::from_str(&text)
        .map_err(|error| Trouble::fail(format!("{error} in the report: {text}")))
}

/// rmmod works at once, and again, and debugfs is clean after it.
pub(crate) fn unloads_at_once() -> Verdict {
    for _ in 0..5 {
        run("iterations=1000 rounds=1")?;
        ensure!(!module::is_loaded(NAME), "rmmod left the module");
        let left = std::fs::exists(kernel_file::debugfs("kmalloc_bench"))?;
        ensure!(!left, "rmmod left the folder in debugfs");
    }
    Ok(())
}
