// SPDX-License-Identifier: GPL-2.0

//! A second lock of what this CPU holds, in local mode: the kernel tests pwlocks_test/nesting.
//!
//! Each has the kernel oops at the `BUG` that stands against it. So this only runs where the caller
//! is prepared for that and asks for it, by `PWLOCKS_OOPS=y`: in a guest of its own.

use selftests::{
    ensure, environment, kernel_file, kernel_tests, kmsg,
    ktap::{Report, Trouble, Verdict, nothing_tested},
};
use std::process::ExitCode;

const TESTS: &[&str] = &["lock_local", "lock_local_irqsave", "mixed"];

/// Whether an oops takes the whole kernel down.
const PANIC: &str = "/proc/sys/kernel/panic_on_oops";

fn main() -> ExitCode {
    if !environment::may_oops() {
        return nothing_tested(
            "nesting",
            Trouble::skip("this makes the kernel oops; PWLOCKS_OOPS=y asks for it"),
        );
    }
    let modules = match kernel_tests::load() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested("nesting", trouble),
    };
    let mut report = Report::begin(3 + TESTS.len());

    report.test("every kernel test is run", || {
        kernel_tests::all_listed("nesting", TESTS)
    });
    report.test("a lock that is not nested is no BUG", || {
        kernel_tests::run_one("lock", "context")
    });
    for test in TESTS {
        report.test(test, || stopped_by_bug(test));
    }
    report.test("other locks work as before", || {
        kernel_tests::run_one("lock", "context")
    });
    drop(modules);
    report.end()
}

/// The thread that nests must not come back, and the log must say that a `BUG` of the locks stopped it.
fn stopped_by_bug(test: &str) -> Verdict {
    let file = kernel_file::debugfs(&format!("pwlocks_test/nesting/{test}"));
    let mut log = kmsg::Mark::now()?;

    kernel_file::write(PANIC, "0")?;
    kernel_file::write(&file, "1")?;
    kernel_tests::verdict(&kernel_file::read_trimmed(&file)?)?;

    let messages = log.messages()?;
    let bugs: Vec<_> = messages
        .iter()
        .filter(|message| message.starts_with("kernel BUG at "))
        .collect();
    ensure!(
        matches!(bugs[..], [bug] if bug.contains("rust/helpers/local_lock.c:")),
        "the log should have one BUG, of local_lock.c: {bugs:?}"
    );
    Ok(())
}
