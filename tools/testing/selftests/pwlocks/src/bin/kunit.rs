// SPDX-License-Identifier: GPL-2.0

//! The KUnit suites of the modules, which the kernel runs when it loads them: a test point for each
//! of their cases.

use guest_plan::ktap::{self, Point, Verdict};
use selftests::{
    kernel_file,
    ktap::{Report, Trouble, nothing_tested},
    module::Module,
};
use std::process::ExitCode;

/// The suites, of which each must be there. Those of the port are in mm_swap_demo.
const SUITES: &[&str] = &[
    "pwlocks_cpu",
    "pwlocks_mode",
    "pwlocks_owner",
    "pwlocks_percpu",
    "mm_batch",
    "mm_cache",
    "mm_drain",
    "mm_lists",
    "mm_mlock",
    "mm_move_lru",
    "mm_storage",
];

fn main() -> ExitCode {
    let modules = match load() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested("kunit", trouble),
    };
    let results: Vec<_> = SUITES
        .iter()
        .flat_map(|suite| match points(suite) {
            Ok(points) => points,
            Err(trouble) => vec![((*suite).to_owned(), Err(trouble))],
        })
        .collect();
    let mut report = Report::begin(results.len());

    for (name, verdict) in results {
        report.point(&name, verdict);
    }
    drop(modules);
    report.end()
}

/// Loads the modules, the last of which is to be unloaded first.
fn load() -> Result<(Module, Module), Trouble> {
    let pwlocks = Module::need_pwlocks()?;
    let demo = Module::need("mm_swap_demo", "")?;

    Ok((demo, pwlocks))
}

type Named = (String, selftests::ktap::Verdict);

/// What became of the cases of `suite`. A suite that is not there, or has not run to its end, is
/// trouble.
fn points(suite: &str) -> Result<Vec<Named>, Trouble> {
    let text = kernel_file::read(kernel_file::debugfs(&format!("kunit/{suite}/results")))?;

    cases(&text)
}

/// What a suite's file says.
fn cases(text: &str) -> Result<Vec<Named>, Trouble> {
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let report = ktap::parse(&lines);

    if !report.problems.is_empty() {
        return Err(Trouble::fail(format!(
            "{}:\n{text}",
            report.problems.join("; ")
        )));
    }
    Ok(report
        .points
        .into_iter()
        .map(|point| (point.name.clone(), verdict(point, text)))
        .collect())
}

/// What the kernel says of a failure is not on lines of its own kind, so all is shown.
fn verdict(point: Point, text: &str) -> selftests::ktap::Verdict {
    match point.verdict {
        Verdict::Pass => Ok(()),
        Verdict::Skip(reason) => Err(Trouble::Skip(reason)),
        Verdict::Fail => Err(Trouble::fail(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::cases;
    use selftests::ktap::Trouble;

    const PASSED: &str = "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: mm_cache\n    1..2\n\
        \x20   ok 1 on\n    ok 2 off\n# mm_cache: pass:2 fail:0 skip:0 total:2\n\
        # Totals: pass:2 fail:0 skip:0 total:2\nok 1 mm_cache\n";

    #[test]
    fn each_case_is_a_point() {
        let cases = cases(PASSED).unwrap();
        let expected = ["mm_cache: on", "mm_cache: off"].map(|name| (name.to_owned(), Ok(())));
        assert_eq!(cases, expected);
    }

    #[test]
    fn a_case_that_failed_says_why() {
        let text = PASSED
            .replace(
                "    ok 2",
                "    # off: ASSERTION FAILED at rust/mm/cache.rs:60\n    not ok 2",
            )
            .replace("\nok 1", "\nnot ok 1");
        let cases = cases(&text).unwrap();
        assert_eq!(cases[0].1, Ok(()));
        assert_eq!(cases[1].1, Err(Trouble::fail(&text)));
    }

    #[test]
    fn a_suite_that_did_not_end_is_trouble() {
        let text = PASSED.replace("    ok 2 off\n", "");
        assert!(cases(&text).is_err());
        assert!(cases("").is_err());
    }
}
