// SPDX-License-Identifier: GPL-2.0

//! How late a timer's interrupt is on an isolated CPU, and the thread that it wakes, while requests make
//! the kernel drain all CPUs: by the kernel's timerlat tracer. For kernels with that tracer, which are
//! those with PREEMPT_RT.
//!
//! The loop of [`selftests::triggers`] has the CPU else. The tracer's thread, the kernel's own, is above
//! it: SCHED_FIFO, and woken every millisecond.
//!
//! Not through rtla, which Debian has: in an emulated machine it takes longer to begin than all requests
//! of a kind, and removes its trace buffer while the kernel may still have to tell of a new maximum in
//! it, which then finds nothing there (seen on 7.2.12: a NULL pointer in latency_fsnotify_workfn()).

mod lateness;

use lateness::{Context, Lateness};
use selftests::{
    bench::{self, CpuTracer, Missing, Requests, Subject, each_trigger},
    demonstration::isolated_cpu,
    ktap::Trouble,
    triggers::{Measurement, Scheduling},
};
use serde::Serialize;
use std::process::ExitCode;

const TRACER: &str = "timerlat";

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
struct Figures {
    /// Works that the isolated CPU ran meanwhile.
    works: u64,
    /// Of the timer's interrupt.
    interrupt: Lateness,
    /// Of the thread.
    thread: Lateness,
}

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    // Once for all: to start and to stop it the kernel rewrites its code, for which it interrupts all
    // CPUs, and its thread, which is not real-time at first, would have to wait for the loop.
    let tracer = CpuTracer::start(TRACER, isolated_cpu()?, &[])?;

    each_trigger(
        "timerlat",
        Subject::TWO_WAYS,
        Scheduling::Fifo,
        |requests| look(&tracer, requests),
    )
}

fn look(tracer: &CpuTracer, requests: &Requests<'_>) -> Result<(Measurement, Figures), Trouble> {
    tracer.clear()?;
    let measurement = requests.make()?;
    let samples = tracer.events()?;
    let figures = Figures {
        works: measurement.works.values().sum(),
        interrupt: Lateness::of(&samples, Context::Interrupt)?,
        thread: Lateness::of(&samples, Context::Thread)?,
    };

    Ok((measurement, figures))
}
