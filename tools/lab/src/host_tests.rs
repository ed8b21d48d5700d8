// SPDX-License-Identifier: GPL-2.0

//! The unit tests of the programs that run on the host.

use std::env;
use std::fs;
use std::process::Command;

use crate::failure::{During, Result};
use crate::job::Job;
use crate::lab::Lab;
use crate::tally::Tally;

/// Lines that cargo prints, for the progress bar.
const EXPECTED_LINES: u64 = 120;

/// Runs them and gives back their results.
pub fn run(lab: &Lab) -> Result<Tally> {
    let step = "host tests";
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(lab.project.folder());
    command.args(["test", "--locked", "--no-fail-fast", "--workspace"]);
    lab.ui
        .command("cargo test --locked --no-fail-fast --workspace");
    let log = lab.project.log("host-tests");
    let job = Job::new(step, &log);
    let status = job.supervise(&lab.interrupt, command, |lines, total| {
        bar.position(total);
        if let Some(line) = lines.last() {
            bar.message(line);
        }
    })?;
    let text = fs::read(&log).during(step)?;
    let tally = results(&String::from_utf8_lossy(&text));
    if tally.passed == 0 || !status.success() && tally.failures.is_empty() {
        return Err(job
            .failure(status)
            .remedy("correct the error that the log shows"));
    }
    bar.done(&tally.to_string());
    Ok(tally)
}

/// Sums what the test harnesses printed.
fn results(log: &str) -> Tally {
    let mut tally = Tally::default();
    for line in log.lines() {
        let Some(result) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
        else {
            continue;
        };
        match result {
            (_, "ok") => tally.passed += 1,
            (_, "ignored") => tally.skipped += 1,
            (name, _) => tally.fail(format!("host: {name}")),
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::results;

    #[test]
    fn results_of_several_harnesses_are_summed() {
        let tally = results(
            "running 2 tests\ntest ktap::a ... ok\ntest ktap::b ... FAILED\n\nfailures:\n\
             test result: FAILED. 1 passed; 1 failed\nrunning 1 test\ntest frame::c ... ok\n",
        );
        assert_eq!(tally.to_string(), "2 passed, 1 failed");
        assert_eq!(tally.failures, ["host: ktap::b"]);
    }
}
