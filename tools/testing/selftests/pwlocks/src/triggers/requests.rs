// SPDX-License-Identifier: GPL-2.0

//! The requests of one trigger, each with something to drain, and a bound on all of them.

use super::{loop_process::LoopProcess, trigger::Request};
use crate::ktap::Trouble;
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// For all of them. Where the work is left to the loop's CPU each waits up to a second: that long
/// the scheduler lets a real-time loop keep everybody else off a CPU.
const BOUND: Duration = Duration::from_secs(60);

/// Turns of the loop before each request, so that its CPU has new pages in its batch.
const TURNS: u64 = 2;

/// Makes `count` requests; how long each took.
pub(super) fn run(
    request: &mut dyn Request,
    page_loop: &LoopProcess,
    count: usize,
) -> Result<Vec<Duration>, Trouble> {
    let until = Instant::now() + BOUND;
    let (sender, receiver) = mpsc::channel();

    thread::scope(|scope| {
        // In a thread, because a request that never returns has to be told apart. It inherits the
        // CPU of this one.
        scope.spawn(move || {
            // Nobody listens once the time is up.
            let _ = sender.send(make(request, page_loop, count, until));
        });
        match receiver.recv_timeout(BOUND) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err("the requesting thread panicked".into()),
            Err(RecvTimeoutError::Timeout) => {
                // The request waits for the loop's CPU, and this program for the request.
                page_loop.ask_to_stop();
                Err(format!("{count} requests took more than {BOUND:?}").into())
            }
        }
    })
}

fn make(
    request: &mut dyn Request,
    page_loop: &LoopProcess,
    count: usize,
    until: Instant,
) -> Result<Vec<Duration>, Trouble> {
    let mut times = Vec::with_capacity(count);

    for _ in 0..count {
        request.prepare()?;
        page_loop.wait_for_turns(TURNS, until)?;
        times.push(request.make()?);
    }
    Ok(times)
}
