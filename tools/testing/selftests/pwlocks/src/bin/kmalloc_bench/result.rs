// SPDX-License-Identifier: GPL-2.0

//! The report: complete, and plausible.

use crate::load;
use nix::sys::utsname;
use selftests::{
    ensure,
    ktap::{Trouble, Verdict},
    module::{self, Module},
};
use serde_json::Value;

/// Runs of every pattern, inside an outer section and not, small and large objects.
pub(crate) const RUNS: &[&str] = &[
    "pattern=batch nested=0 iterations=2000 rounds=3",
    "pattern=batch nested=1 iterations=2000 rounds=3",
    "pattern=pair nested=0 iterations=2000 rounds=3",
    "pattern=pair nested=1 iterations=2000 rounds=3",
    "pattern=mixed nested=0 iterations=2000 rounds=3",
    "pattern=mixed nested=1 iterations=2000 rounds=3",
    "pattern=batch size=1 iterations=1 rounds=1",
    "pattern=batch size=4194304 iterations=2 rounds=1",
];

/// Attempts to see the ratio of two figures on a machine that does other things as well.
const ATTEMPTS: u32 = 5;

/// One run's report.
pub(crate) fn plausible(params: &str) -> Verdict {
    let report = load::run(params)?;

    for given in params.split(' ') {
        let (name, value) = given.split_once('=').unwrap_or((given, ""));
        ensure!(
            shown(&report[name]) == value,
            "{given} was asked for: {report}"
        );
    }
    let kernel = utsname::uname()?.release().to_string_lossy().into_owned();
    ensure!(
        shown(&report["kernel"]) == kernel,
        "this is {kernel}: {report}"
    );
    ensure!(
        matches!(&*shown(&report["unit"]), "cycles" | "instructions"),
        "the unit is neither: {report}"
    );
    spread(&report, "kmalloc")?;
    spread(&report, "kfree")?;
    if params.contains("pattern=pair") {
        spread(&report, "pair")?;
    }
    ensure!(
        figure(&report, &["chunks"])? > 0.0
            && figure(&report, &["disturbed_chunks"])? <= figure(&report, &["chunks"])?
            && figure(&report, &["bucket"])? >= figure(&report, &["size"])?,
        "implausible: {report}"
    );
    Ok(())
}

/// min, median and max of a figure, in order; nothing is free.
fn spread(report: &Value, name: &str) -> Verdict {
    let [min, median, max] =
        ["min", "median", "max"].map(|statistic| figure(report, &[name, statistic]));
    let (min, median, max) = (min?, median?, max?);

    ensure!(
        min <= median && median <= max && max > 0.0,
        "{name} from {min} over {median} to {max}: {report}"
    );
    // A single object's cost can drown in that of reading the clock.
    let few = figure(report, &["iterations"])? < 100.0;
    ensure!(few || min > 0.0, "{name} costs nothing: {report}");
    Ok(())
}

/// The report names the seed it was made with, so that it can be made again.
pub(crate) fn seed() -> Verdict {
    let report = load::run("pattern=mixed seed=12345 iterations=5000 rounds=1")?;

    ensure!(shown(&report["seed"]) == "12345", "seed=12345: {report}");
    Ok(())
}

/// An allocation with its free costs at least the allocation, where both stay in the CPU's cache.
///
/// It is one quantity against another of the same kind that contains it, not a time against a bound;
/// medians of many rounds, and again if the machine was disturbed.
pub(crate) fn pair_and_batch() -> Verdict {
    let mut seen = Vec::new();

    for _ in 0..ATTEMPTS {
        let pair = load::run("pattern=pair iterations=16 rounds=101")?;
        let batch = load::run("pattern=batch iterations=16 rounds=101")?;
        let pair = figure(&pair, &["pair", "median"])?;
        let alloc = figure(&batch, &["kmalloc", "median"])?;
        ensure!(alloc > 0.0, "an allocation costs nothing");
        if pair >= alloc {
            return Ok(());
        }
        seen.push((pair, alloc));
    }
    Err(format!("pairs and allocations alone: {seen:?}").into())
}

/// Without pwlocks there is no mode; with it, it is the one in force.
pub(crate) fn mode() -> Verdict {
    let params = "iterations=1000 rounds=1";

    if !module::is_loaded("pwlocks") {
        let report = load::run(params)?;
        ensure!(
            shown(&report["mode"]) == "stock" && report["pwlocks"].is_null(),
            "pwlocks is not loaded: {report}"
        );
    }
    let _pwlocks = Module::need_pwlocks()?;
    let value = module::parameter("pwlocks", "pwlocks")?;
    let name = if value == "1" { "remote" } else { "local" };
    let report = load::run(params)?;
    ensure!(
        shown(&report["mode"]) == name && shown(&report["pwlocks"]) == value,
        "pwlocks={value}: {report}"
    );
    Ok(())
}

/// A value as a parameter would be spelt.
fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn figure(report: &Value, path: &[&str]) -> Result<f64, Trouble> {
    let value = path.iter().fold(report, |value, name| &value[*name]);

    value
        .as_f64()
        .ok_or_else(|| Trouble::fail(format!("{} is no figure: {report}", path.join("."))))
}
