// SPDX-License-Identifier: GPL-2.0

//! What a lock costs, in instructions: pwlocks_test/cost/count, for a guest with one CPU under QEMU's
//! `-icount shift=0`.
//!
//! A figure is one round of a loop: lock, touch what it protects, unlock. It is printed as
//! `# count <what> <mode> <instructions>`; mode `c` is the kernel's own lock, written in C. How many of
//! these are atomic is printed as `# atomics <what> <mode> <instructions>`, if the emulator counts them.

mod atomics;

use atomics::{KNOWN, Rounds};
use selftests::{
    cpulist, ensure, kernel_file, kernel_tests,
    ktap::{Report, Trouble, Verdict, nothing_tested},
};
use std::{collections::BTreeMap, process::ExitCode};

/// A lock of ours, and the kernel's that it is compared with.
struct Pair {
    ours: &'static str,
    mode: &'static str,
    /// Where PREEMPT_RT is off.
    kernels: &'static str,
    /// On PREEMPT_RT a local lock is this CPU's spinlock and what keeps the task on this CPU, in
    /// both modes.
    kernels_on_rt: &'static str,
    /// How much more ours may cost, for lock and unlock together.
    margin: u64,
}

const fn pair(
    ours: &'static str,
    mode: &'static str,
    kernels: &'static str,
    kernels_on_rt: &'static str,
    margin: u64,
) -> Pair {
    Pair {
        ours,
        mode,
        kernels,
        kernels_on_rt,
        margin,
    }
}

/// Interrupt flags take a few instructions to hand over.
const PAIRS: &[Pair] = &[
    pair("PwLock", "local", "local_lock", "local_lock", 12),
    pair("PwLock", "remote", "spin_lock", "spin_lock", 12),
    pair(
        "PwLock_irqsave",
        "local",
        "local_lock_irqsave",
        "local_lock_irqsave",
        16,
    ),
    pair(
        "PwLock_irqsave",
        "remote",
        "spin_lock_irqsave",
        "spin_lock_irqsave",
        16,
    ),
    pair("PwTryLock", "local", "local_trylock", "local_trylock", 12),
    pair("PwTryLock", "remote", "spin_trylock", "local_trylock", 12),
];

/// More than a loop that only touches a datum can cost, if the unit is one instruction.
const PLAUSIBLE_LOOP: u64 = 10;

/// By what and mode; `None` if the figure did not settle.
type Figures = BTreeMap<(String, String), Option<u64>>;

fn main() -> ExitCode {
    let modules = match loaded() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested("count", trouble),
    };
    let figures = match count() {
        Ok(figures) => figures,
        Err(trouble) => return nothing_tested("count", trouble),
    };
    let rt = match is_preempt_rt() {
        Ok(rt) => rt,
        Err(trouble) => return nothing_tested("count", trouble),
    };
    let rounds = match Rounds::count() {
        Ok(rounds) => rounds,
        Err(trouble) => return nothing_tested("count", trouble),
    };
    let mut report = Report::begin(1 + PAIRS.len() + 1 + KNOWN.len());

    for ((what, mode), cost) in &figures {
        let cost = cost.map_or("unsettled".to_owned(), |cost| cost.to_string());
        report.diagnostic(format_args!("count {what} {mode} {cost}"));
    }
    rounds.print(&report);
    report.test("the unit is one instruction", || plausible(&figures));
    for pair in PAIRS {
        let kernels = if rt { pair.kernels_on_rt } else { pair.kernels };
        let name = format!("{} in {} mode against {kernels}", pair.ours, pair.mode);
        report.test(&name, || compare(&figures, pair, kernels));
    }
    report.test(
        "the emulator counts the instructions that the clock counts",
        || same_instructions(&figures, &rounds),
    );
    for known in KNOWN {
        let atomics = if rt {
            known.atomics_on_rt
        } else {
            known.atomics
        };
        let name = format!(
            "{} in mode {} has {atomics} atomic instructions",
            known.what, known.mode
        );
        report.test(&name, || rounds.check(known, atomics));
    }
    drop(modules);
    report.end()
}

fn loaded() -> Result<(selftests::module::Module, selftests::module::Module), Trouble> {
    if cpulist::read("possible")?.len() != 1 {
        return Err(Trouble::skip(
            "instructions are counted on one CPU, under -icount",
        ));
    }
    kernel_tests::load()
}

fn count() -> Result<Figures, Trouble> {
    let file = kernel_file::debugfs("pwlocks_test/cost/count");

    kernel_file::write(&file, "1")?;
    let text = kernel_file::read(&file)?;
    parse(&text).ok_or_else(|| Trouble::fail(format!("figures are not as documented:\n{text}")))
}

fn parse(text: &str) -> Option<Figures> {
    text.lines()
        .map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [what, mode, cost] = fields[..] else {
                return None;
            };
            let cost = match cost {
                "unsettled" => None,
                cost => Some(cost.parse().ok()?),
            };

            Some(((what.to_owned(), mode.to_owned()), cost))
        })
        .collect()
}

fn figure(figures: &Figures, what: &str, mode: &str) -> Result<u64, Trouble> {
    match figures.get(&(what.to_owned(), mode.to_owned())) {
        Some(Some(cost)) => Ok(*cost),
        Some(None) => Err(format!("{what} {mode} did not settle").into()),
        None => Err(format!("there is no figure {what} {mode}").into()),
    }
}

fn plausible(figures: &Figures) -> Verdict {
    let cost = figure(figures, "nothing", "c")?;

    ensure!(
        (1..=PLAUSIBLE_LOOP).contains(&cost),
        "a loop that touches a datum costs {cost}"
    );
    Ok(())
}

fn compare(figures: &Figures, pair: &Pair, kernels: &str) -> Verdict {
    let cost = figure(figures, pair.ours, pair.mode)?;
    let bare = figure(figures, kernels, "c")?;

    ensure!(
        cost <= bare + pair.margin,
        "{} costs {cost}, {kernels} {bare}: more than {} above",
        pair.ours,
        pair.margin
    );
    Ok(())
}

/// The emulator's figures are made of other runs of the same loops.
fn same_instructions(figures: &Figures, rounds: &Rounds) -> Verdict {
    for known in KNOWN {
        let clock = figure(figures, known.what, known.mode)?;
        let emulator = rounds.of(known)?.instructions;

        ensure!(
            clock == emulator,
            "{} {}: {clock} by the clock, {emulator} by the emulator",
            known.what,
            known.mode
        );
    }
    Ok(())
}

/// Whether the kernel is PREEMPT_RT, by what it says of its build.
fn is_preempt_rt() -> Result<bool, Trouble> {
    let build = kernel_file::read("/proc/sys/kernel/version")?;

    Ok(build.split_whitespace().any(|word| word == "PREEMPT_RT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        let figures = parse("local_lock c 9\nPwLock local unsettled\n").unwrap();

        assert_eq!(figure(&figures, "local_lock", "c"), Ok(9));
        assert!(figure(&figures, "PwLock", "local").is_err());
        assert!(figure(&figures, "PwLock", "remote").is_err());
        assert!(parse("PwLock 3\n").is_none());
    }
}
