// SPDX-License-Identifier: GPL-2.0

//! The running kernel meanwhile, with mm_swap_live: pages are faulted in on every CPU, mlocked and
//! reclaimed, and all CPUs' batches are drained without a pause, by taking their locks.

use crate::cycle::{Aim, Cycle};
use selftests::{
    ensure,
    ktap::{Trouble, Verdict},
    live::{Done as Drained, Faulters, Setting},
    repeat,
    stress::{Done, Extent, Load},
};

/// Goes through `cycle` `count` times under load.
pub(crate) fn run(cycle: &Cycle, count: u64) -> Verdict {
    let load = Load::start(Extent::Draining)?;
    let applied = Setting::On.apply()?;
    applied.check()?;
    let faulters = Faulters::start()?;
    let aim = Aim::default();
    let cycles = repeat::until_seen(count, |_| {
        cycle.once(&aim)?;
        let drained = drained(cycle)?.iter().all(|(_, done)| done.remote > 0);
        Ok(drained && faulters.faulted() > 0)
    });
    let faulted = faulters.stop();
    let drained = drained(cycle);

    // Off while the load goes on.
    let ended = applied.end();
    let done = load.stop()?;
    cycles?;
    ended?;
    println!("# {faulted} pages faulted in on CPUs of their own");
    ensure!(faulted > 0, "no page was faulted in on every CPU");
    for (cpu, done) in drained? {
        println!("# CPU {cpu} was drained by others: {done:?}");
        ensure!(done.remote > 0, "nobody drained CPU {cpu}");
    }
    Done::check(&done)
}

/// What was done for the CPUs that go down, by others.
fn drained(cycle: &Cycle) -> Result<Vec<(usize, Drained)>, Trouble> {
    cycle
        .cpus()
        .iter()
        .map(|&cpu| Drained::to(cpu).map(|done| (cpu, done)))
        .collect()
}
