// SPDX-License-Identifier: GPL-2.0

//! The noise on an isolated CPU while requests make the kernel drain all CPUs, as the kernel's osnoise
//! tracer accounts for it: how often and for how long interrupts and other threads had the CPU. For
//! kernels with that tracer, which are those with PREEMPT_RT. Its own load does not run: the loop of
//! [`selftests::triggers`] does.

mod noise;
mod row;
mod tracer;

use row::Row;
use selftests::{
    bench::{self, Asked, Missing, Subject, each_trigger},
    demonstration::isolated_cpu,
    environment,
    ktap::{Trouble, Verdict},
    triggers::Stage,
};
use std::process::ExitCode;
use tracer::Tracer;

/// Requests of each kind, if the caller does not say how many (`PWLOCKS_COUNT`).
const REQUESTS: u64 = 20;

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    let requests = environment::count().unwrap_or(REQUESTS) as usize;

    Tracer::is_there()?;
    // Once for all: to start and to stop it the kernel rewrites its code, for which it interrupts all CPUs.
    let tracer = Tracer::start(isolated_cpu()?)?;
    each_trigger(|stage, subject, asked| measure_one(&tracer, stage, subject, asked, requests))
}

fn measure_one(
    tracer: &Tracer,
    stage: &Stage,
    subject: Subject,
    asked: Asked,
    requests: usize,
) -> Verdict {
    tracer.clear()?;
    let measurement = stage.measure(asked, requests)?;
    let noise = noise::by_cause(&tracer.events()?, stage.loop_pid());

    bench::print("osnoise", &Row::new(asked, subject, &measurement, noise))
}
