// SPDX-License-Identifier: GPL-2.0

//! Notifiers of a change of mode: the kernel tests pwlocks_test/notifier.

use selftests::kernel_tests;
use std::process::ExitCode;

const TESTS: &[&str] = &["steps", "refusal", "comes_and_goes", "work"];

fn main() -> ExitCode {
    kernel_tests::run("notifier", TESTS, 0, |_| ())
}
