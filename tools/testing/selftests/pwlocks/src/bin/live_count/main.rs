// SPDX-License-Identifier: GPL-2.0

//! What mm_swap_live costs the running kernel, in instructions: for a guest with one CPU under
//! QEMU's `-icount shift=0`, where the time stamp counter counts them.
//!
//! A figure is what an operation takes as seen from user space, system call and all, so that the
//! difference between two of them is what the module adds to the kernel's function that the
//! operation calls. It is printed as `# count <operation> <subject> <instructions>`, the subject
//! being `stock` (no module), `live0` and `live1` (loaded, in either mode).

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

/// What is measured of an operation.
struct Row {
    operation: Operation,
    stock: Figure,
    live0: Figure,
    live1: Figure,
}

/// What the same operation may differ by with nothing changed: a figure is the least of many
/// rounds, and a round a multiple of the batch, but the kernel's own state moves.
const NOISE: f64 = 2.0;

/// How long the guest rests first.
const SETTLE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    let (rows, rt) = match measure() {
        Ok(measured) => measured,
        Err(trouble) => return nothing_tested("live_count", trouble),
    };
    let mut report = Report::begin(2 * rows.len());

    for row in &rows {
        let name = row.operation.name;

        report.diagnostic(format_args!("count {name} stock {}", row.stock));
        report.diagnostic(format_args!("count {name} live0 {}", row.live0));
        report.diagnostic(format_args!("count {name} live1 {}", row.live1));
    }
    for row in &rows {
        let name = row.operation.name;

        report.test(&format!("{name}: nothing is added with pwlocks=0"), || {
            at_most(&row.live0, &row.stock, 0.0)
        });
        let limit = if rt {
            row.operation.added_on_rt
        } else {
            row.operation.added
        };
        report.test(&format!("{name}: at most {limit} with pwlocks=1"), || {
            at_most(&row.live1, &row.stock, limit)
        });
    }
    report.end()
}

fn at_most(figure: &Figure, stock: &Figure, limit: f64) -> Verdict {
    let (ours, stock) = (figure.settled()?, stock.settled()?);

    ensure!(
        ours <= stock + limit + NOISE,
        "{ours:.1} instructions, stock {stock:.1}: more than {limit} above"
    );
    Ok(())
}

fn measure() -> Result<(Vec<Row>, bool), Trouble> {
    if cpulist::read("possible")?.len() != 1 {
        return Err(Trouble::skip(
            "instructions are counted on one CPU, under -icount",
        ));
    }
    let rt = kernel_file::read("/proc/sys/kernel/version")?.contains("PREEMPT_RT");
    drop_caches::quietly()?;
    let disks = Disks::make()?;
    let disk = disks.open(0)?;
    let operations = operation::all();
    // The boot's own work is over by then; a clock that counts instructions skips idle time.
    thread::sleep(SETTLE);
    figures(&operations, &disk)?;
    let stock = figures(&operations, &disk)?;
    let live0 = with_module("0", &operations, &disk)?;
    let live1 = with_module("1", &operations, &disk)?;
    let rows = operations
        .into_iter()
        .zip(stock)
        .zip(live0.into_iter().zip(live1))
        .map(|((operation, stock), (live0, live1))| Row {
            operation,
            stock,
            live0,
            live1,
        });

    Ok((rows.collect(), rt))
}

fn with_module(mode: &str, operations: &[Operation], disk: &Disk) -> Result<Vec<Figure>, Trouble> {
    // Dropped in the order that unloads the user first.
    let pwlocks = Module::need("pwlocks", &format!("pwlocks={mode}"))?;
    let live = Module::need("mm_swap_live", "")?;
    let replaced = Replaced::now()?;
    ensure!(
        replaced.has_drains() == (mode == "1"),
        "with pwlocks={mode} the kernel jumps elsewhere from: {replaced:?}"
    );
    let figures = figures(operations, disk);

    drop(live);
    drop(pwlocks);
    figures
}

fn figures(operations: &[Operation], disk: &Disk) -> Result<Vec<Figure>, Trouble> {
    operations
        .iter()
        .map(|operation| Figure::of(operation, disk))
        .collect()
}
