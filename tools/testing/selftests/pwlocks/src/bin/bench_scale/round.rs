// SPDX-License-Identifier: GPL-2.0

//! Filling the batches and draining them, again and again.

use crate::{budget::Budget, fill::Fill};
use selftests::{
    ensure,
    ktap::{Trouble, Verdict},
    live::{Batches, Disk, OnlyDrain},
    trace::Trace,
    tsc,
    works::{self, Works},
};
use std::time::{Duration, Instant};

/// A drain as it was measured.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    /// How long the caller waited.
    pub time: Duration,
    /// How far the time-stamp counter went.
    pub ticks: u64,
}

/// What is needed for a drain with batches of one kind.
pub struct Round<'a> {
    drain: OnlyDrain<'a>,
    /// None where they are to be empty.
    batches: Option<Batches>,
}

impl<'a> Round<'a> {
    /// With `disk` to drain by, from the first of `cpus`.
    pub fn new(cpus: &[usize], disk: &'a Disk, fill: Fill) -> Result<Self, Trouble> {
        let round = Self {
            drain: OnlyDrain::by(disk)?,
            batches: match fill.pages() {
                0 => None,
                each => Some(Batches::new(cpus[0], cpus, each)?),
            },
        };

        // Whatever is done for the first time is done here.
        round.once(|| round.drain.make())?;
        Ok(round)
    }

    /// Measures as many drains as there is time for.
    pub fn timed(&self, budget: &Budget) -> Result<Vec<Timed>, Trouble> {
        let mut timed = Vec::new();
        let mut tries = 0;

        while budget.has_more(timed.len(), tries) {
            tries += 1;
            let mut measured = None;
            let counts = self.once(|| {
                let (start, ticks) = (Instant::now(), tsc::read());
                self.drain.make()?;
                let ticks = tsc::read() - ticks;
                measured = Some(Timed {
                    time: start.elapsed(),
                    ticks,
                });
                Ok(())
            })?;
            timed.extend(measured.filter(|_| counts));
        }
        println!("# {} of {tries} drains count", timed.len());
        ensure!(
            !timed.is_empty(),
            "{tries} times somebody else had put pages into the batches"
        );
        Ok(timed)
    }

    /// The works that so many drains run, on all CPUs.
    pub fn works(&self, drains: usize) -> Result<u64, Trouble> {
        let trace = Trace::begin("pwlocks_bench_scale", &[works::EVENT])?;
        let mut all = 0;
        let mut done = 0;

        // As with those that are measured, some may not count.
        for _ in 0..drains + 12 {
            if done == drains {
                break;
            }
            let mut ran = Works::new();
            let counts = self.once(|| {
                trace.clear()?;
                self.drain.make()?;
                ran = works::by_function(&trace.events()?);
                Ok(())
            })?;
            if counts {
                all += works::of_drains(&ran);
                done += 1;
            }
        }
        ensure!(
            done == drains,
            "{done} of {drains} drains count with a trace"
        );
        Ok(all)
    }

    /// Fills the batches and has `drain` drain them; whether they were full until then.
    fn once(&self, drain: impl FnOnce() -> Verdict) -> Result<bool, Trouble> {
        // What is left of the drain before, and of others.
        self.drain.make()?;
        let Some(batches) = &self.batches else {
            return drain().map(|()| true);
        };

        batches.give_back()?;
        batches.fill()?;
        let wait = batches.all_wait()?;
        drain()?;
        batches.have_arrived()?;
        Ok(wait)
    }
}
