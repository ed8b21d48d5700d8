// SPDX-License-Identifier: GPL-2.0

//! What mm_swap_live costs the running kernel, in instructions: for a guest with one CPU under
//! QEMU's `-icount shift=0`, where the time stamp counter counts them.
//!
//! A figure is what an operation takes as seen from user space, system call and all, so that the
//! difference between two of them is what the module adds to the kernel's function that the
//! operation calls. It is printed as `# count <operation> <subject> <instructions>`, the subject
//! being `stock` (no module), `live0` and `live1` (loaded, in either mode); and, if the emulator counts
//! them, how many of these are atomic, as `# atomics <operation> <subject> <instructions>`.

mod figure;
mod operation;

use figure::Figure;
use operation::Operation;
use selftests::{
    cpulist, drop_caches, ensure, kernel_file,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    live::{Disk, Disks, Replaced},
    module::Module,
};
use std::{process::ExitCode, thread, time::Duration};

/// How often all of it is measured before a figure that is too high is believed: a whole sweep may
/// meet the kernel in a phase in which an operation costs some more. What disturbs only adds, so the
/// least of each figure counts, that of the stock kernel too.
const SWEEPS: usize = 4;

/// What is measured of an operation.
struct Row {
    operation: Operation,
    /// How many instructions may be added in remote mode.
    limit: f64,
    /// And how many of these may be atomic.
    atomics: f64,
    stock: Figure,
    live0: Figure,
    live1: Figure,
}

/// What the same operation may differ by with nothing changed: a figure is the least of many
/// rounds, and a round a multiple of the batch, but the kernel's own state moves.
const NOISE: f64 = 2.0;

/// And its atomic instructions, for the same reason.
const ATOMIC_NOISE: f64 = 0.25;

/// How long the guest rests first.
const SETTLE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    let rows = match measure() {
        Ok(rows) => rows,
        Err(trouble) => return nothing_tested("live_count", trouble),
    };
    let mut report = Report::begin(3 * rows.len());

    for row in &rows {
        let name = row.operation.name;

        for (subject, figure) in row.figures() {
            report.diagnostic(format_args!("count {name} {subject} {figure}"));
            if let Some(atomics) = figure.atomics() {
                report.diagnostic(format_args!("atomics {name} {subject} {atomics:.2}"));
            }
        }
    }
    for row in &rows {
        let name = row.operation.name;

        report.test(&format!("{name}: nothing is added with pwlocks=0"), || {
            row.off()
        });
        report.test(
            &format!("{name}: at most {} with pwlocks=1", row.limit),
            || row.on(),
        );
        report.test(
            &format!(
                "{name}: no atomic instruction is added with pwlocks=0, at most {} with 1",
                row.atomics
            ),
            || row.atomics(),
        );
    }
    report.end()
}

impl Row {
    fn figures(&self) -> [(&'static str, &Figure); 3] {
        [
            ("stock", &self.stock),
            ("live0", &self.live0),
            ("live1", &self.live1),
        ]
    }

    fn off(&self) -> Verdict {
        at_most(&self.live0, &self.stock, 0.0)
    }

    fn on(&self) -> Verdict {
        at_most(&self.live1, &self.stock, self.limit)
    }

    fn atomics(&self) -> Verdict {
        let stock = self.stock.counted()?;

        for (figure, limit) in [(&self.live0, 0.0), (&self.live1, self.atomics)] {
            let ours = figure.counted()?;
            ensure!(
                ours <= stock + limit + ATOMIC_NOISE,
                "{ours:.2} atomic instructions, stock {stock:.2}: more than {limit} above"
            );
        }
        Ok(())
    }

    fn is_good(&self) -> bool {
        [self.off(), self.on(), self.atomics()]
            .iter()
            .all(|verdict| !matches!(verdict, Err(Trouble::Fail(_))))
    }
}

fn at_most(figure: &Figure, stock: &Figure, limit: f64) -> Verdict {
    let (ours, stock) = (figure.settled()?, stock.settled()?);

    ensure!(
        ours <= stock + limit + NOISE,
        "{ours:.1} instructions, stock {stock:.1}: more than {limit} above"
    );
    Ok(())
}

fn measure() -> Result<Vec<Row>, Trouble> {
    if cpulist::read("possible")?.len() != 1 {
        return Err(Trouble::skip(
            "instructions are counted on one CPU, under -icount",
        ));
    }
    let rt = kernel_file::read("/proc/sys/kernel/version")?.contains("PREEMPT_RT");
    drop_caches::quietly()?;
    let disks = Disks::make()?;
    let disk = disks.open(0)?;
    let mut rows: Vec<_> = operation::all()
        .into_iter()
        .map(|operation| Row {
            limit: if rt {
                operation.added_on_rt
            } else {
                operation.added
            },
            atomics: if rt {
                operation.atomics_added_on_rt
            } else {
                operation.atomics_added
            },
            operation,
            stock: Figure::none(),
            live0: Figure::none(),
            live1: Figure::none(),
        })
        .collect();
    // The boot's own work is over by then; a clock that counts instructions skips idle time.
    thread::sleep(SETTLE);
    for row in &rows {
        // The first time is no measure.
        Figure::of(&row.operation, &disk)?;
    }
    for _ in 0..SWEEPS {
        sweep(&mut rows, &disk)?;
        if rows.iter().all(Row::is_good) {
            break;
        }
    }
    Ok(rows)
}

/// Measures all of it once.
fn sweep(rows: &mut [Row], disk: &Disk) -> Verdict {
    for row in rows.iter_mut() {
        row.stock.or_less(Figure::of(&row.operation, disk)?);
    }
    with_module("0", || {
        rows.iter_mut().try_for_each(|row| {
            row.live0.or_less(Figure::of(&row.operation, disk)?);
            Ok(())
        })
    })?;
    with_module("1", || {
        rows.iter_mut().try_for_each(|row| {
            row.live1.or_less(Figure::of(&row.operation, disk)?);
            Ok(())
        })
    })
}

fn with_module(mode: &str, measure: impl FnOnce() -> Verdict) -> Verdict {
    // Dropped in the order that unloads the user first.
    let pwlocks = Module::need("pwlocks", &format!("pwlocks={mode}"))?;
    let live = Module::need("mm_swap_live", "")?;
    let replaced = Replaced::now()?;
    ensure!(
        replaced.has_drains() == (mode == "1"),
        "with pwlocks={mode} the kernel jumps elsewhere from: {replaced:?}"
    );
    let verdict = measure();

    drop(live);
    drop(pwlocks);
    verdict
}
