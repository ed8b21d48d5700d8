// SPDX-License-Identifier: GPL-2.0

//! The drains, each with something to do, and a bound on all of them.

use super::spinner::Spinner;
use crate::{
    demo::{Device, Drain},
    doing::Doing as _,
    ktap::Trouble,
};
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// For all drains. The stock way waits up to a second for each: that long the scheduler lets a
/// real-time loop keep everybody else off a CPU.
const BOUND: Duration = Duration::from_secs(60);

/// Folios the loop puts into its batch before each drain.
const FOLIOS: u64 = 2;

/// Makes `count` drains; how long each took.
pub(super) fn run(
    device: &Device,
    spinner: &Spinner,
    count: usize,
) -> Result<Vec<Duration>, Trouble> {
    let until = Instant::now() + BOUND;
    let (sender, receiver) = mpsc::channel();

    thread::scope(|scope| {
        // In a thread, because a drain that never returns has to be told apart. It inherits the
        // CPU of this one.
        scope.spawn(move || {
            // Nobody listens once the time is up.
            let _ = sender.send(drain(device, spinner, count, until));
        });
        match receiver.recv_timeout(BOUND) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err("the draining thread panicked".into()),
            Err(RecvTimeoutError::Timeout) => {
                // The drain waits for the loop's CPU, and this program for the drain.
                spinner.ask_to_stop();
                Err(format!("{count} drains took more than {BOUND:?}").into())
            }
        }
    })
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
