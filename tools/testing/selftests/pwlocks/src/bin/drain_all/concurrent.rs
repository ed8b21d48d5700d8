// SPDX-License-Identifier: GPL-2.0

//! Many callers at once, each for folios of its own in another CPU's batch: some share a pass, and
//! the promise holds for those as well.
//!
//! In another CPU's, because a caller drains its own CPU before it looks whether it can share. For
//! the same reason nobody calls from the CPUs whose batches are used.

use crate::{
    Bench,
    promise::{self, Promise},
};
use selftests::{
    demo::{Drain, Operation},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    pin::Pinned,
};
use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long at least.
const TIME: Duration = Duration::from_secs(10);
/// How long at most, as long as no pass was shared: a slow machine makes few calls.
const PATIENCE: Duration = Duration::from_secs(60);
/// Callers: sharing needs one that makes a pass, one that waits to make the next, and one more.
const CALLERS_PER_PAIR: usize = 2;
/// Forced drains of each caller.
const FORCED: u64 = 25;

/// What all callers saw.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Calls.
    calls: u64,
    /// Those served by another's pass.
    shared: u64,
    /// Folios that were in another CPU's batch when a call began that made its own pass.
    kept: u64,
    /// The same for a call that shared one.
    kept_by_another: u64,
    /// By how much the module's own count of shared calls rose.
    shared_by_stats: u64,
}

impl Totals {
    /// Checks that passes were shared, and that it was seen what a shared one is worth.
    pub(crate) fn check_shared(&self) -> Verdict {
        ensure!(
            self.shared > 0 && self.kept_by_another > 0,
            "no caller shared a pass that drained its folio: {self:?}"
        );
        ensure!(
            self.shared == self.shared_by_stats,
            "STATS counted otherwise: {self:?}"
        );
        Ok(())
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.shared += other.shared;
        self.kept += other.kept;
        self.kept_by_another += other.kept_by_another;
    }
}

/// Many calls at once.
pub(crate) fn run(bench: &Bench) -> Result<Totals, Trouble> {
    let (homes, others) = bench.cpus.split_at(bench.cpus.len() / 2);
    if homes.is_empty() {
        return Err(Trouble::skip("there is one CPU only"));
    }
    let pairs: Vec<_> = homes
        .iter()
        .flat_map(|&home| others.iter().map(move |&other| (home, other)))
        .flat_map(|pair| [pair; CALLERS_PER_PAIR])
        .collect();
    let before = bench.device.stats().doing("STATS")?;
    let seen = AtomicBool::new(false);
    let all = at_once(&pairs, |&(home, other)| call(bench, home, other, &seen))?;
    let after = bench.device.stats().doing("STATS")?;
    let mut totals = Totals::default();

    for one in &all {
        totals.add(one);
    }
    totals.shared_by_stats = after.drain_shared - before.drain_shared;
    ensure!(totals.kept > 0, "no call had anything to do: {totals:?}");
    Ok(totals)
}

/// Adds a few folios on CPU `other` and drains from CPU `home`, again and again; `seen` says that
/// somebody has seen what a shared pass is worth.
fn call(bench: &Bench, home: usize, other: usize, seen: &AtomicBool) -> Result<Totals, Trouble> {
    let device = &*bench.device;
    let start = Instant::now();
    let mut totals = Totals::default();
    let go_on = |passed| passed < TIME || (passed < PATIENCE && !seen.load(Ordering::Relaxed));

    while go_on(start.elapsed()) {
        let count = 1 + totals.calls as u32 % 3;
        let operation = match totals.calls % 3 {
            0 => Operation::MlockNew,
            _ => Operation::LruAdd,
        };
        let handles = device.alloc_pages(count).doing("ALLOC")?;
        let there = Pinned::to(other)?;
        device
            .op(operation, &handles)
            .doing(format_args!("{operation:?} on CPU {other}"))?;
        drop(there);
        let here = Pinned::to(home)?;
        let drain = device.drain(Drain::All).doing("DRAIN_ALL")?;
        drop(here);
        totals.calls += 1;
        totals.shared += u64::from(drain.shared);
        for folio in device.query_all(&handles).doing("QUERY")? {
            // Not "not concerned" by mistake: it was added before the call by this very thread.
            ensure!(
                folio.batched_seq != 0 && folio.batched_seq <= drain.seq_begin,
                "added before the call, but numbered after its begin: {folio:?}, {drain:?}"
            );
            if promise::check(&drain, &folio)? == Promise::Kept {
                match drain.shared {
                    0 => totals.kept += 1,
                    _ => {
                        totals.kept_by_another += 1;
                        seen.store(true, Ordering::Relaxed);
                    }
                }
            }
        }
        device.op(Operation::Free, &handles).doing("FREE")?;
    }
    Ok(totals)
}

/// Forced drains from every CPU at once each make a pass.
pub(crate) fn forced(bench: &Bench) -> Verdict {
    let before = bench.device.stats().doing("STATS")?;
    let callers = at_once(&bench.cpus, |&cpu| {
        let _here = Pinned::to(cpu)?;
        for _ in 0..FORCED {
            let drain = bench
                .device
                .drain(Drain::AllForce)
                .doing("DRAIN_ALL_FORCE")?;
            ensure!(drain.shared == 0, "a forced drain shared: {drain:?}");
        }
        Ok(())
    })?;
    let after = bench.device.stats().doing("STATS")?;
    let calls = callers.len() as u64 * FORCED;
    let passes = after.drain_passes - before.drain_passes;

    ensure!(
        passes == calls && after.drain_shared == before.drain_shared,
        "{calls} forced drains made {passes} passes, {} were shared",
        after.drain_shared - before.drain_shared
    );
    Ok(())
}

/// Runs `body` in a thread for each of `items`, all begun at once.
fn at_once<I: Sync, T: Send>(
    items: &[I],
    body: impl Fn(&I) -> Result<T, Trouble> + Sync,
) -> Result<Vec<T>, Trouble> {
    let barrier = Barrier::new(items.len());

    thread::scope(|scope| {
        let threads: Vec<_> = items
            .iter()
            .map(|item| {
                let (barrier, body) = (&barrier, &body);
                scope.spawn(move || {
                    barrier.wait();
                    body(item)
                })
            })
            .collect();
        let panicked = |_| Err("a thread panicked, see the log".into());
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(panicked))
            .collect()
    })
}
