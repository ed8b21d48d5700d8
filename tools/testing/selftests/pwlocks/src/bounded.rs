// SPDX-License-Identifier: GPL-2.0

//! A bound on what may never return because a real-time loop keeps it off a CPU.

use crate::ktap::Trouble;
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// For all requests of a kind. Where the work is left to the loop's CPU each waits up to a second:
/// that long the scheduler lets a real-time loop keep everybody else off a CPU.
const BOUND: Duration = Duration::from_secs(60);

/// Calls `make` with the time by which it should be done, in a thread that inherits this one's CPU,
/// so that a call that never returns can be told apart. After that time `stop_loop` lets it go on:
/// it waits for the loop's CPU, and this program for it.
pub(crate) fn bounded<T: Send>(
    what: &str,
    stop_loop: impl FnOnce(),
    make: impl FnOnce(Instant) -> Result<T, Trouble> + Send,
) -> Result<T, Trouble> {
    let until = Instant::now() + BOUND;
    let (sender, receiver) = mpsc::channel();

    thread::scope(|scope| {
        scope.spawn(move || {
            // Nobody listens once the time is up.
            let _ = sender.send(make(until));
        });
        match receiver.recv_timeout(BOUND) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => {
                Err(format!("the thread that made {what} panicked").into())
            }
            Err(RecvTimeoutError::Timeout) => {
                stop_loop();
                Err(format!("{what} took more than {BOUND:?}").into())
            }
        }
    })
}
