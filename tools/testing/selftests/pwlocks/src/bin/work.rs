// SPDX-License-Identifier: GPL-2.0

//! Work for owner CPUs: the kernel tests pwlocks_test/work, in the mode in force, and what debugfs
//! and the tracepoints tell of it.

use selftests::{
    cpulist, ensure, kernel_file, kernel_tests,
    ktap::{Trouble, Verdict},
    pw_counts::{self, PwCounts},
    trace::Trace,
};
use std::process::ExitCode;

const TESTS: &[&str] = &[
    "where_it_runs",
    "flush_waits",
    "requeue",
    "all_cpus",
    "offline",
    "offline_while_queued",
    "dead",
    "waited",
];

fn main() -> ExitCode {
    kernel_tests::run("work", TESTS, 3, |report| {
        report.test("debugfs counts the work for each CPU", counted);
        report.test("debugfs counts waits for a remote holder", waits_counted);
        report.test("the tracepoints tell of each work", traced);
    })
}

fn is_remote() -> Result<bool, Trouble> {
    let mode = kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/mode"))?;

    Ok(mode == "remote")
}

/// One work for each online CPU: remote or queued, by the mode, and never both.
fn counted() -> Verdict {
    let expected = if is_remote()? { (1, 0) } else { (0, 1) };
    let cpus = cpulist::read("online")?;
    let before = counts(&cpus)?;

    kernel_tests::run_one("work", "all_cpus")?;

    for ((cpu, before), after) in cpus.iter().zip(before).zip(counts(&cpus)?) {
        let counted = (after.remote - before.remote, after.queued - before.queued);
        ensure!(
            counted == expected,
            "CPU {cpu}: {} remote and {} queued, not {} and {}",
            counted.0,
            counted.1,
            expected.0,
            expected.1
        );
    }
    Ok(())
}

fn counts(cpus: &[usize]) -> Result<Vec<PwCounts>, Trouble> {
    cpus.iter().map(|&cpu| pw_counts::of(cpu)).collect()
}

/// The kernel test has the last online CPU wait for a remote holder, in both modes.
fn waits_counted() -> Verdict {
    let cpus = cpulist::read("online")?;
    let last = *cpus.last().ok_or("no CPU is online")?;
    let before = pw_counts::of(last)?.waited;

    kernel_tests::run_one("work", "waited")?;

    let waited = pw_counts::of(last)?.waited - before;
    ensure!(waited == 1, "CPU {last} waited {waited} times, not once");
    Ok(())
}

/// For each CPU one pw_queue and one pw_run, in the manner of the mode.
fn traced() -> Verdict {
    let inline = if is_remote()? { "inline" } else { "queued" };
    let cpus = cpulist::read("online")?;
    let trace = Trace::begin(
        "pwlocks_selftest_work",
        &["pwlocks/pw_queue", "pwlocks/pw_run"],
    )?;

    kernel_tests::run_one("work", "all_cpus")?;

    let mut events = Vec::new();
    for &cpu in &cpus {
        events.extend(trace.events_on(cpu)?);
    }
    for event in ["pw_queue", "pw_run"] {
        for &owner in &cpus {
            let found = events
                .iter()
                .filter(|line| is_event(line, event, owner, inline))
                .count();
            ensure!(
                found == 1,
                "{found} events {event} for CPU {owner}, {inline}:\n{}",
                events.join("\n")
            );
        }
    }
    Ok(())
}

/// Whether a line of the trace is this event, as include/trace/events/pwlocks.h prints it.
fn is_event(line: &str, event: &str, owner: usize, inline: &str) -> bool {
    line.split_once(&format!(" {event}: "))
        .is_some_and(|(_, fields)| fields.trim() == format!("cpu={owner} {inline}"))
}
