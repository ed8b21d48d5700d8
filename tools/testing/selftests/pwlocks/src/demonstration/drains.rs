// SPDX-License-Identifier: GPL-2.0

//! The drains, each with something to do, and a bound on all of them.

use super::spinner::Spinner;
use crate::{
    bounded::bounded,
    demo::{Device, Drain},
    doing::Doing as _,
    ktap::Trouble,
};
use std::time::{Duration, Instant};

/// Folios the loop puts into its batch before each drain.
const FOLIOS: u64 = 2;

/// Makes `count` drains; how long each took.
pub(super) fn run(
    device: &Device,
    spinner: &Spinner,
    count: usize,
) -> Result<Vec<Duration>, Trouble> {
    bounded(
        &format!("{count} drains"),
        || spinner.ask_to_stop(),
        |until| drain(device, spinner, count, until),
    )
}

fn drain(
    device: &Device,
    spinner: &Spinner,
    count: usize,
    until: Instant,
) -> Result<Vec<Duration>, Trouble> {
    let mut times = Vec::with_capacity(count);

    spinner.measure(true);
    for _ in 0..count {
        let before = spinner.put();
        spinner.wait_for_more(before + FOLIOS - 1, until)?;
        let start = Instant::now();
        device.drain(Drain::All).doing("DRAIN_ALL")?;
        times.push(start.elapsed());
    }
    spinner.measure(false);
    Ok(times)
}
