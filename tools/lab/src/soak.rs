// SPDX-License-Identifier: GPL-2.0

//! `make soak`: the running kernel's own drains under load, for long.

use crate::check;
use crate::failure::{Ended, Failure, Result};
use crate::kernels;
use crate::lab::Lab;
use crate::matrix;
use crate::userland;

/// Runs its guests, each mode for `minutes`; the last line on standard output is their sum.
pub fn run(lab: &Lab, minutes: u32) -> Result<Ended> {
    let kernels = kernels::get(lab)?;
    let Some(first) = kernels.first() else {
        return Err(Failure::step("soak", "no kernel to load"));
    };
    let programs = userland::get(lab, &first.root)?;
    let jobs = check::jobs(lab, &kernels, &programs, |_| matrix::soak(minutes))?;
    let tally = check::run_jobs(lab, jobs, &programs, lab.options.jobs)?;
    Ok(check::report(lab, &tally))
}
