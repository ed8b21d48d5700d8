// SPDX-License-Identifier: GPL-2.0

//! The gaps that a spinning task sees on an isolated CPU while requests make the kernel drain all CPUs:
//! their distribution by oslat of rt-tests, a program that many use to find out what a CPU does beside
//! their task (`PWLOCKS_OSLAT`; else as the shell would find it).
//!
//! oslat touches no new page, so that there would be nothing to drain on its CPU. Another process does
//! that, of higher priority, which sleeps but before each request: the gaps that it makes are the same
//! with all subjects, and `none`, for which no request is made, has them alone.

mod gaps;
mod oslat;

use gaps::Gaps;
use oslat::Oslat;
use selftests::{
    bench::{self, Missing, Requests, Subject, each_trigger},
    demonstration::isolated_cpu,
    home_cpu::home_cpu,
    ktap::Trouble,
    triggers::{Measurement, Scheduling},
};
use serde::Serialize;
use std::process::ExitCode;

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
struct Figures {
    /// Works that the isolated CPU ran meanwhile.
    works: u64,
    #[serde(flatten)]
    gaps: Gaps,
}

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    let isolated = isolated_cpu()?;
    let home = home_cpu(isolated)?;

    each_trigger("oslat", Subject::TWO_WAYS, Scheduling::Asleep, |requests| {
        look(isolated, home, requests)
    })
}

fn look(
    isolated: usize,
    home: usize,
    requests: &Requests<'_>,
) -> Result<(Measurement, Figures), Trouble> {
    let oslat = Oslat::start(isolated, home)?;
    let measurement = requests.make()?;
    let figures = Figures {
        works: measurement.works.values().sum(),
        gaps: oslat.end()?,
    };

    Ok((measurement, figures))
}
