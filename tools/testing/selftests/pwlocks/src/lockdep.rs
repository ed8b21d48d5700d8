// SPDX-License-Identifier: GPL-2.0

//! What lockdep knows of the locks, and what it must say of a mistake.

use crate::{
    doing::Doing as _,
    ensure, environment, kernel_tests,
    ktap::{Report, Trouble, Verdict, nothing_tested},
};
use std::{fs, process::ExitCode};

/// The tests of pwlocks_test.ko.
const TESTS: &[&str] = &["classes", "in_spinlock", "in_raw_spinlock", "nested"];

/// The classes of locks that lockdep has met.
const CLASSES: &str = "/proc/lockdep";

/// Runs what must not be reported, then `test`, of which lockdep must report `mistake` and nothing
/// else. It stops there, so the kernel that this is for has seen its last report.
pub fn run(test: &str, mistake: &str) -> ExitCode {
    if !environment::may_oops() {
        return nothing_tested(
            "lockdep",
            Trouble::skip("this has lockdep report a mistake; PWLOCKS_OOPS=y asks for it"),
        );
    }
    let modules = match kernel_tests::load() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested("lockdep", trouble),
    };
    let mut report = Report::begin(5);

    report.test("every kernel test is run", || {
        kernel_tests::all_listed("lockdep", TESTS)
    });
    report.test("classes", || kernel_tests::run_one("lockdep", "classes"));
    report.test("all CPUs' instances are one class", one_class);
    report.test("in_spinlock", || {
        kernel_tests::run_one("lockdep", "in_spinlock")
    });
    report.test(test, || kernel_tests::reported("lockdep", test, mistake));
    drop(modules);
    report.end()
}

/// The lock of the test `classes` has as many classes as it is locks: the local lock and, not on
/// PREEMPT_RT where they are the same, the spinlock.
fn one_class() -> Verdict {
    let classes = fs::read_to_string(CLASSES).doing(CLASSES)?;
    let ours = named(&classes, "pwlocks_test_class");

    ensure!(
        ours == ["pwlocks_test_class", "pwlocks_test_class/1"] || ours == ["pwlocks_test_class/1"],
        "classes of the lock: {ours:?}"
    );
    Ok(())
}

/// The names of the classes called `name`, or so with a subclass.
fn named<'a>(classes: &'a str, name: &str) -> Vec<&'a str> {
    let mut names: Vec<_> = classes
        .lines()
        .filter_map(|line| line.rsplit_once(": "))
        .map(|(_, class)| class.trim())
        .filter(|class| {
            class
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .collect();

    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn classes_by_name() {
        let classes = "all lock classes:\n\
             ffffffffc0 FD:    1 BD:    1 ......: pwlocks_test_class\n \
             -> [ffff] other\n\
             ffffffffc1 FD:    1 BD:    1 ......: pwlocks_test_class/1\n\
             ffffffffc2 FD:    1 BD:    1 ......: pwlocks_test_classes\n";

        assert_eq!(
            named(classes, "pwlocks_test_class"),
            ["pwlocks_test_class", "pwlocks_test_class/1"]
        );
    }
}
