// SPDX-License-Identifier: GPL-2.0

//! Lock semantics: the kernel tests pwlocks_test/lock, in the mode in force.

use selftests::{
    cpulist, cross_calls, kernel_tests,
    ktap::{Trouble, Verdict},
};
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

/// One that holds a lock with interrupts off, until it was interrupted nevertheless.
const INTERRUPTS_OFF: &str = "trylock_nmi_irqsave";

/// How often it is repeated.
const REPEATS: u32 = 5;

fn main() -> ExitCode {
    kernel_tests::run("lock", TESTS, 1, |report| {
        report.test(
            "with interrupts off it waits for no other CPU",
            waits_for_none,
        );
    })
}

/// The tests use the first of the online CPUs, and the second for who is on another one.
fn waits_for_none() -> Verdict {
    let cpus = cpulist::read("online")?;
    let [_, other, ..] = cpus[..] else {
        return Err(Trouble::skip("only one CPU is online"));
    };

    cross_calls::meanwhile(other, || {
        (0..REPEATS).try_for_each(|_| kernel_tests::run_one("lock", INTERRUPTS_OFF))
    })
}
