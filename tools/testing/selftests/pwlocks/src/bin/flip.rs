// SPDX-License-Identifier: GPL-2.0

//! Locks while the mode is switched: the kernel tests pwlocks_test/flip.

use selftests::kernel_tests;
use std::process::ExitCode;

/// What a single switch waits for comes first: where that goes wrong, none is tried under load.
const TESTS: &[&str] = &[
    "local",
    "local_try",
    "owner",
    "token",
    "interrupt",
    "nmi",
    "under_load",
    "under_load_irqsave",
    "under_load_trylock",
];

fn main() -> ExitCode {
    kernel_tests::run("flip", TESTS, 0, |_| ())
}
