// SPDX-License-Identifier: GPL-2.0

//! The requests of one trigger, each with something to drain, and a bound on all of them.

use super::{loop_process::LoopProcess, trigger::Request};
use crate::{bounded::bounded, ktap::Trouble};
use std::time::{Duration, Instant};

/// Turns of the loop before each request, so that its CPU has new pages in its batch.
const TURNS: u64 = 2;

/// Makes `count` requests; how long each took.
pub(super) fn run(
    request: &mut dyn Request,
    page_loop: &LoopProcess,
    count: usize,
) -> Result<Vec<Duration>, Trouble> {
    bounded(
        &format!("{count} requests"),
        || page_loop.ask_to_stop(),
        |until| make(request, page_loop, count, until),
    )
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
