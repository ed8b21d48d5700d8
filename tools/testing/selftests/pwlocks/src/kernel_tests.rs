// SPDX-License-Identifier: GPL-2.0

//! Driving the tests that run in the kernel, those of pwlocks_test.ko.

use crate::{
    ensure, kernel_file, kmsg,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    module::Module,
};
use std::{collections::BTreeSet, fs, process::ExitCode};

/// Runs the kernel tests of `subject` in this order, a test point for each, then has `more` add
/// that many points.
pub fn run(
    subject: &str,
    tests: &[&str],
    more: usize,
    add_more: impl FnOnce(&mut Report),
) -> ExitCode {
    let modules = match load() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested(subject, trouble),
    };
    let mut report = Report::begin(1 + tests.len() + more);

    report.test("every kernel test is run", || all_listed(subject, tests));
    for test in tests {
        report.test(test, || run_one(subject, test));
    }
    add_more(&mut report);
    drop(modules);
    report.end()
}

/// Loads pwlocks and pwlocks_test, the latter to be unloaded first.
pub fn load() -> Result<(Module, Module), Trouble> {
    let pwlocks = Module::need_pwlocks()?;
    let tests = Module::need("pwlocks_test", "")?;

    // Some tests change the mode, which nobody else may see.
    let users = users("pwlocks")?;
    if users != ["pwlocks_test"] {
        return Err(Trouble::skip(format!(
            "pwlocks is in use by {}; unload it first",
            users.join(" ")
        )));
    }
    Ok((tests, pwlocks))
}

/// The modules that depend on this one.
fn users(module: &str) -> Result<Vec<String>, Trouble> {
    let mut users = Vec::new();

    for entry in fs::read_dir(format!("/sys/module/{module}/holders"))? {
        users.push(entry?.file_name().to_string_lossy().into_owned());
    }
    users.sort();
    Ok(users)
}

fn directory(subject: &str) -> String {
    kernel_file::debugfs(&format!("pwlocks_test/{subject}"))
}

/// Whether the module has these tests of `subject`, and no others.
pub fn all_listed(subject: &str, tests: &[&str]) -> Verdict {
    let mut there = BTreeSet::new();

    for entry in fs::read_dir(directory(subject))? {
        there.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let listed: BTreeSet<String> = tests.iter().map(|test| (*test).to_owned()).collect();
    ensure!(
        there == listed,
        "the module has {there:?}, this program runs {listed:?}"
    );
    Ok(())
}

/// Runs one kernel test. The kernel log must have no splat afterwards that it did not have before.
pub fn run_one(subject: &str, test: &str) -> Verdict {
    let file = format!("{}/{test}", directory(subject));
    let mut log = kmsg::Mark::now()?;

    kernel_file::write(&file, "1")?;
    let result = kernel_file::read_trimmed(&file)?;
    let splats = log.splats()?;

    ensure!(
        splats.is_empty(),
        "{result}; the kernel log has:\n{}",
        splats.join("\n")
    );
    verdict(&result)
}

/// Runs a test that has the kernel say `mistake`.
pub fn reported(subject: &str, test: &str, mistake: &str) -> Verdict {
    let file = format!("{}/{test}", directory(subject));
    let mut log = kmsg::Mark::now()?;

    kernel_file::write(&file, "1")?;
    verdict(&kernel_file::read_trimmed(&file)?)?;

    let messages = log.messages()?;
    ensure!(
        messages.iter().any(|message| message.contains(mistake)),
        "the kernel does not report \"{mistake}\""
    );
    Ok(())
}

/// What a test's file says.
pub fn verdict(result: &str) -> Verdict {
    let (word, reason) = result.split_once(' ').unwrap_or((result, ""));

    match word {
        "ok" => Ok(()),
        "SKIP" => Err(Trouble::skip(reason)),
        _ => Err(Trouble::fail(result)),
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::ktap::Trouble;

    #[test]
    fn verdicts() {
        assert_eq!(verdict("ok"), Ok(()));
        assert_eq!(verdict("SKIP no CPU"), Err(Trouble::skip("no CPU")));
        assert_eq!(verdict("FAIL lost 1"), Err(Trouble::fail("FAIL lost 1")));
        assert_eq!(verdict("not run"), Err(Trouble::fail("not run")));
    }
}
