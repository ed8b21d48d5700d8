// SPDX-License-Identifier: GPL-2.0

//! The noise on an isolated CPU while requests make the kernel drain all CPUs, as the kernel's osnoise
//! tracer accounts for it: how often and for how long interrupts and other threads had the CPU. For
//! kernels with that tracer, which are those with PREEMPT_RT. Its own load does not run: the loop of
//! [`selftests::triggers`] does.

mod noise;
mod tracer;

use noise::ByCause;
use selftests::{
    bench::{self, Missing, Requests, Subject, each_trigger},
    demonstration::isolated_cpu,
    ktap::Trouble,
    triggers::{Measurement, Scheduling},
};
use serde::Serialize;
use std::process::ExitCode;
use tracer::Tracer;

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
struct Figures {
    noise: ByCause,
}

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    // Once for all: to start and to stop it the kernel rewrites its code, for which it interrupts all CPUs.
    let tracer = Tracer::start(isolated_cpu()?)?;
    each_trigger("osnoise", Subject::TWO_WAYS, Scheduling::Fifo, |requests| {
        look(&tracer, requests)
    })
}

fn look(tracer: &Tracer, requests: &Requests<'_>) -> Result<(Measurement, Figures), Trouble> {
    tracer.clear()?;
    let measurement = requests.make()?;
    let noise = noise::by_cause(&tracer.events()?, requests.loop_pid());

    Ok((measurement, Figures { noise }))
}
