// SPDX-License-Identifier: GPL-2.0

//! How long who drains all CPUs waits, with an isolated CPU among them that has pages in its batch:
//! while it is idle, while a process is busy there, and while one of SCHED_FIFO is that never sleeps.
//!
//! On the stock kernel the last one lets nobody else run, but for what the scheduler takes from it:
//! settings that are printed. A drain that has not returned after `bound_ns` is given up for the loop to
//! be stopped; it is one of the `unfinished`, and has no time. The same once more, without these
//! settings: `fifo_unserved`.

mod fair_server;
mod isolated;
mod latency;
mod occupant;
mod row;

use isolated::Isolated;
use latency::Latency;
use row::Row;
use selftests::{
    bench::{self, Missing, Subject, each_subject, remark},
    demonstration::isolated_cpu,
    drop_caches, environment,
    home_cpu::home_cpu,
    kernel_file, khugepaged,
    ktap::Trouble,
    live::{Disk, Disks},
    pin::Pinned,
};
use std::process::ExitCode;

/// Drains of each kind, if the caller does not say how many (`PWLOCKS_COUNT`) and there is time.
const DRAINS: u64 = 100;

fn main() -> ExitCode {
    bench::run(measure)
}

/// The CPUs, and by what is drained.
struct Place<'a> {
    home: usize,
    isolated: usize,
    disk: &'a Disk,
}

fn measure() -> Result<Missing, Trouble> {
    let drains = environment::count().unwrap_or(DRAINS) as usize;
    let isolated = isolated_cpu()?;
    let home = home_cpu(isolated)?;
    let _home = Pinned::to(home)?;
    drop_caches::quietly()?;
    khugepaged::rest()?;
    let disks = Disks::make()?;
    let disk = disks.open(0)?;
    let place = Place {
        home,
        isolated,
        disk: &disk,
    };
    remark(settings(isolated)?);

    // A loop is there only after a subject is: loading waits for every task of the kernel.
    each_subject(Subject::ALL, |subject, missing| {
        for state in Isolated::ALL {
            remark(format_args!("{subject}, {state}"));
            let result = measure_one(&place, subject, state, drains);
            missing.note(format_args!("{subject}, {state}"), result);
        }
    })
}

/// What the scheduler leaves to others while a real-time process wants to run.
fn settings(cpu: usize) -> Result<String, Trouble> {
    let read = |name| kernel_file::read_trimmed(format!("/proc/sys/kernel/sched_rt_{name}_us"));

    Ok(format!(
        "real-time processes may take {} of {} us; others get {} of a CPU's time",
        read("runtime")?,
        read("period")?,
        fair_server::text(cpu)?
    ))
}

fn measure_one(
    place: &Place<'_>,
    subject: Subject,
    state: Isolated,
    drains: usize,
) -> Result<(), Trouble> {
    let latency = Latency::of(place, state, drains)?;

    bench::print("latency", &Row::new(state, subject, &latency))
}
