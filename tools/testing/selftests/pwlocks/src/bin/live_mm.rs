// SPDX-License-Identifier: GPL-2.0

//! The kernel's own selftests of mm: on the stock kernel each of their tests passes, or is known not
//! to; with mm_swap_live on, and with the switch being flipped, each comes out the same.
//!
//! They are in the folder that the caller names (`PWLOCKS_MM_SELFTESTS`), as their Makefile builds
//! them. Only the quick ones run if the caller says so (`PWLOCKS_QUICK`), and not while flipping.

use selftests::{
    drop_caches, ensure, environment, kernel_file,
    kernel_setting::KernelSetting,
    ktap::{self, Report, Trouble, Verdict},
    live::Setting,
    mm_selftests::{COMMANDS, Command, Outcome, all_considered, differences, judge},
    pin::Pinned,
    stress::{Before, Swap},
};
use std::{path::Path, process::ExitCode, time::Instant};

const COMPACT: &str = "/proc/sys/vm/compact_memory";

/// Whether locked pages are moved as well, which is what one of the programs is about. PREEMPT_RT
/// kernels don't by default.
const COMPACT_LOCKED: &str = "/proc/sys/vm/compact_unevictable_allowed";

/// Where the settings of transparent huge pages are, if the kernel has them.
const THP: &str = "/sys/kernel/mm/transparent_hugepage";

/// A counter that migration of hugetlb's pages makes negative on the stock kernel: it is lowered for
/// both folios when they are freed, and raised for the first only.
const NEGATIVE: &str = "vmstat_refresh: nr_hugetlb ";

/// The CPU of those that swap.
const SWAPS_ON: usize = 1;

/// Points of each setting beside one for each program.
const POINTS: usize = 3;

fn main() -> ExitCode {
    let Some(folder) = environment::mm_selftests() else {
        let reason = "PWLOCKS_MM_SELFTESTS names no folder";
        return ktap::nothing_tested("the kernel's mm selftests", Trouble::skip(reason));
    };
    let stock = Setting::Stock;
    match stock.apply().and_then(|applied| applied.check()) {
        Ok(()) => run_all(&folder, environment::quick()),
        Err(trouble) => ktap::nothing_tested("the stock kernel", trouble),
    }
}

fn run_all(folder: &Path, quick: bool) -> ExitCode {
    let commands: Vec<_> = COMMANDS
        .iter()
        .filter(|command| command.quick || !quick)
        .collect();
    let settings: &[Setting] = if quick {
        &[Setting::On]
    } else {
        &[Setting::On, Setting::Flipping]
    };

    let points = 1 + commands.len() * (1 + settings.len()) + settings.len() * POINTS;
    let mut report = Report::begin(points);
    report.test("each program is run, or left out for a reason", || {
        all_considered(folder)
    });
    let stock: Vec<_> = commands
        .iter()
        .map(|command| on_stock(&mut report, command, folder))
        .collect();
    for &setting in settings {
        if let Err(trouble) = with(setting, &mut report, &commands, &stock, folder) {
            // What it did not come to is missing from the report, which fails it as well.
            report.point(&format!("{setting}: can be tested"), Err(trouble));
            break;
        }
    }
    report.end()
}

/// Runs one on the stock kernel. Its outcome, if it ran.
fn on_stock(report: &mut Report, command: &Command, folder: &Path) -> Option<Outcome> {
    let name = format!("{}: {command}", Setting::Stock);
    let outcome = match run(command, folder) {
        Ok(outcome) => outcome,
        Err(trouble) => {
            report.point(&name, Err(trouble));
            return None;
        }
    };
    let judged = judge(command, &outcome, Path::new(THP).exists());
    for known in &judged.known {
        report.diagnostic(format_args!("{command}: {known}"));
    }
    let verdict = if judged.unknown.is_empty() {
        Ok(())
    } else {
        Err(judged.unknown.join("\n").into())
    };
    let (passed, known) = (judged.passed, judged.known.len());
    report.point(
        &format!("{name}: {passed} pass, {known} are known not to"),
        verdict,
    );
    Some(outcome)
}

/// Runs all with `setting`, and compares each with its `stock` outcome.
fn with(
    setting: Setting,
    report: &mut Report,
    commands: &[&Command],
    stock: &[Option<Outcome>],
    folder: &Path,
) -> Verdict {
    let mut before = Before::now()?;
    let applied = setting.apply()?;
    applied.check()?;
    for (command, stock) in commands.iter().zip(stock) {
        let name = format!("{setting}: {command}: as on the stock kernel");
        report.test(&name, || same(command, stock.as_ref(), folder));
    }
    let flips = applied.end()?;
    report.diagnostic(format_args!(
        "{setting}: the switch was flipped {flips} times"
    ));

    let flipped = flips > 1 || setting != Setting::Flipping;
    report.test(&format!("{setting}: the switch is as it should be"), || {
        ensure!(flipped, "it was flipped {flips} times only");
        Ok(())
    });
    report.point(
        &format!("{setting}: the kernel does not complain"),
        before.log_but(&[NEGATIVE]),
    );
    report.point(
        &format!("{setting}: no page is left that nobody has"),
        Before::pages(),
    );
    Ok(())
}

fn same(command: &Command, stock: Option<&Outcome>, folder: &Path) -> Verdict {
    let stock = stock.ok_or("it did not run on the stock kernel")?;
    let differences = differences(stock, &run(command, folder)?);

    ensure!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}

/// Runs one, with as much free memory in as large pieces as there can be.
fn run(command: &Command, folder: &Path) -> Result<Outcome, Trouble> {
    let _compaction = KernelSetting::set(COMPACT_LOCKED, "1")?;
    drop_caches::quietly()?;
    kernel_file::write(drop_caches::FILE, "3")?;
    kernel_file::write(COMPACT, "1")?;
    if !command.swaps {
        return run_until_good(command, folder);
    }

    let swap = Swap::on()?;
    // Inherited by the program.
    let pinned = Pinned::to(SWAPS_ON)?;
    let outcome = run_until_good(command, folder);
    drop(pinned);
    drop(swap);
    outcome
}

/// Runs one again if it does not pass and that is a matter of chance.
fn run_until_good(command: &Command, folder: &Path) -> Result<Outcome, Trouble> {
    let start = Instant::now();
    let mut tries = 1;
    let mut outcome = command.run(folder)?;

    while tries < command.tries && !outcome.is_good() {
        tries += 1;
        outcome = command.run(folder)?;
    }
    println!(
        "# {command}: {:.1?}, {tries} of {} tries",
        start.elapsed(),
        command.tries
    );
    Ok(outcome)
}
