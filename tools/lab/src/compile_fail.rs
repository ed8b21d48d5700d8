// SPDX-License-Identifier: GPL-2.0

//! Misuse of the crate that must not compile: one test per case.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::modules::kbuild;
use crate::tally::Tally;
use crate::variant::Variant;

/// The cases' folder, in the project and in Kbuild's output.
const CASES: &str = "tools/testing/selftests/pwlocks/compile-fail";

/// Lines that Kbuild prints, for the progress bar.
const EXPECTED_LINES: u64 = 60;

/// Has Kbuild compile all cases for `kernel`.
pub fn run(lab: &Lab, kernel: &Prepared) -> Result<Tally> {
    let step = format!("{}: code that must not compile", kernel.release.name);
    let log = lab.project.log("compile-fail");
    let output = tempfile::tempdir().during(&step)?;
    let mut arguments = Variant::STANDARD.make_arguments();
    arguments.extend(["COMPILE_FAIL=y", "--keep-going", "modules"].map(str::to_owned));
    let sandbox = kbuild(lab, kernel, output.path(), arguments)?;
    let bar = lab.ui.step(&step, Some(EXPECTED_LINES));
    lab.ui.command(&sandbox.display());
    let job = Job::new(&step, &log);
    let status = job.supervise(&lab.interrupt, sandbox.command()?, |lines, total| {
        bar.position(total);
        if let Some(line) = lines.last() {
            bar.message(line);
        }
    })?;
    let names = names(&lab.project.folder().join(CASES), "rs").during(&step)?;
    if names.is_empty() {
        return Err(Failure::step(step, format!("no case in {CASES}")));
    }
    let text = fs::read(&log).during(&step)?;
    let done = self::names(&output.path().join(CASES), "rejected").during(&step)?;
    let tally = results(&names, &done, &String::from_utf8_lossy(&text));
    if tally.passed == 0 || (!status.success() && tally.failures.is_empty()) {
        return Err(job
            .failure(status)
            .remedy("correct the error that the log shows"));
    }
    bar.done(&tally.to_string());
    output.close().during(&step)?;
    Ok(tally)
}

/// A case passes if Kbuild made its output, which it only does after the right errors.
fn results(names: &[String], done: &[String], log: &str) -> Tally {
    let reasons: BTreeMap<_, _> = log.lines().filter_map(reason).collect();
    let mut tally = Tally::default();
    for name in names {
        if done.contains(name) {
            tally.passed += 1;
        } else {
            let reason = reasons.get(name.as_str()).unwrap_or(&"did not run");
            tally.fail(format!("compile-fail: {name}: {reason}"));
        }
    }
    tally
}

/// The case that a line of the log is about, and what was wrong.
fn reason(line: &str) -> Option<(&str, &str)> {
    let (source, what) = line.split_once(".rs: errors ")?;
    let (_, name) = source.rsplit_once('/')?;
    Some((name, what))
}

/// Names of the files in `folder` that end in `extension`, without it; none if it isn't there.
fn names(folder: &Path, extension: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == extension) {
            names.extend(
                path.file_stem()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::results;

    #[test]
    fn a_case_without_output_has_failed_for_the_reason_in_the_log() {
        let names = ["control", "owner_kept", "work_borrows"].map(str::to_owned);
        let done = ["control".to_owned()];
        let log = "  REJECTS tools/compile-fail/control.rejected\n\
                   warning: errors of rs\n\
                   /mnt/project/x/compile-fail/owner_kept.rs: errors 'E0505', not 'E0597'; exit status 1\n";
        let tally = results(&names, &done, log);
        assert_eq!(tally.passed, 1);
        assert_eq!(
            tally.failures,
            [
                "compile-fail: owner_kept: 'E0505', not 'E0597'; exit status 1",
                "compile-fail: work_borrows: did not run"
            ]
        );
    }
}
