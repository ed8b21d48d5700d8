// SPDX-License-Identifier: GPL-2.0

//! `make check-host`: what is tested without a guest.

use crate::check;
use crate::failure::{Ended, Result};
use crate::host_tests;
use crate::lab::Lab;
use crate::model;
use crate::report;
use crate::tally::Tally;

/// Runs the host tests, then the model. Takes root and the cache, for the checker.
pub fn run(lab: &Lab) -> Result<Ended> {
    check::report(lab, &tests(lab)?)
}

/// The same, for `make check` as well.
pub fn tests(lab: &Lab) -> Result<Tally> {
    let mut tally = host_tests::run(lab)?;
    tally.add(model::check(lab)?);
    Ok(tally)
}

/// Runs what any user can, and names what it leaves out.
pub fn run_without_root(lab: &Lab) -> Result<Ended> {
    let mut tally = host_tests::run(lab)?;
    tally.add(Tally::of_left_out(
        "the model (make check-model: its checker is in the Debian root folder, which takes root)"
            .to_owned(),
    ));
    Ok(report::run(lab, &tally))
}
