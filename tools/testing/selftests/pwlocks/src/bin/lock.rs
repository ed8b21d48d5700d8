// SPDX-License-Identifier: GPL-2.0

//! Lock semantics: the kernel tests pwlocks_test/lock, in the mode in force.

use selftests::kernel_tests;
use std::process::ExitCode;

/// Those that others rely on come first: where migration goes wrong, exclusion is not tried.
const TESTS: &[&str] = &[
    "context",
    "release_order",
    "migration",
    "trylock_held",
    "trylock_hardirq",
    "trylock_nmi",
    "trylock_nmi_irqsave",
    "trylock_nmi_storm",
    "trylock_remote_holder",
    "assert_held_remote",
    "exclusion",
    "exclusion_irqsave",
    "exclusion_trylock",
    "timer_interrupt",
];

fn main() -> ExitCode {
    kernel_tests::run("lock", TESTS, 0, |_| ())
}
