// SPDX-License-Identifier: GPL-2.0

//! Visits of all CPUs at once to data that nothing protects: KCSAN must report them, or that it reports
//! none of data that a lock protects would say nothing. So this only runs where the caller is prepared
//! for that, as for `nesting`.

use selftests::{
    environment, kernel_tests,
    ktap::{Report, Trouble, nothing_tested},
};
use std::process::ExitCode;

const SUBJECT: &str = "kcsan";
const TEST: &str = "unprotected";

/// What the report has of the name of the function that touches the data.
const RACE: &str = "5kcsan11unprotected";

fn main() -> ExitCode {
    if !environment::may_oops() {
        let asked = "this has KCSAN report a data race; PWLOCKS_OOPS=y asks for it";
        return nothing_tested(SUBJECT, Trouble::skip(asked));
    }
    let modules = match kernel_tests::load() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested(SUBJECT, trouble),
    };
    let mut report = Report::begin(2);

    report.test("every kernel test is run", || {
        kernel_tests::all_listed(SUBJECT, &[TEST])
    });
    report.test(TEST, || kernel_tests::reported(SUBJECT, TEST, RACE));
    drop(modules);
    report.end()
}
