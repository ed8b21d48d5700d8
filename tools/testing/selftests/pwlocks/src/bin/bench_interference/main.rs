// SPDX-License-Identifier: GPL-2.0

//! What an isolated CPU, and a real-time loop on it that touches new pages, suffer from requests that
//! make the kernel drain all CPUs: see [`selftests::triggers`], of which these are the figures in full.
//!
//! `none` stands for no request, for as long: what there is to be seen then has other causes.

mod row;

use row::Row;
use selftests::{
    bench::{self, Asked, Missing, Subject, each_trigger, remark},
    environment,
    ktap::{Trouble, Verdict},
    triggers::Stage,
};
use std::process::ExitCode;

/// Requests of each kind, if the caller does not say how many (`PWLOCKS_COUNT`).
const REQUESTS: u64 = 20;

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    let requests = environment::count().unwrap_or(REQUESTS) as usize;

    each_trigger(|stage, subject, asked| measure_one(stage, subject, asked, requests))
}

fn measure_one(stage: &Stage, subject: Subject, asked: Asked, requests: usize) -> Verdict {
    let measurement = stage.measure(asked, requests)?;

    for switched_to in &measurement.switched_to {
        remark(format_args!("the loop was switched out for {switched_to}"));
    }
    bench::print("interference", &Row::new(asked, subject, measurement))
}
