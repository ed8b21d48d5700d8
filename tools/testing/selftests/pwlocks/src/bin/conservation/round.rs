// SPDX-License-Identifier: GPL-2.0

//! The load: rounds of everything at once, and what became of it.

use crate::{audit::Audit, disturbance};
use fastrand::Rng;
use selftests::{
    cpulist,
    demo::{Device, Operation, Worker},
    doing::Doing as _,
    ensure, hotplug,
    ktap::{Trouble, Verdict},
    random,
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

const WORKERS: usize = 4;

pub(crate) struct Load {
    seed: u64,
    cpus: usize,
    workers: Vec<Worker>,
    removable: Vec<usize>,
    /// How often each CPU was down.
    cycles: BTreeMap<usize, u64>,
    rng: Rng,
    /// CPUs the module drained because they had died, before the first round.
    dead_drains: u64,
}

impl Load {
    pub(crate) fn new(seed: u64) -> Result<Self, Trouble> {
        let online = cpulist::read("online")?;
        let cpus = online.len();
        let workers = online.iter().cycle().take(WORKERS);
        let mut load = Self {
            seed,
            cpus,
            workers: Vec::new(),
            removable: hotplug::removable()?,
            cycles: BTreeMap::new(),
            rng: random::source(seed, 100),
            dead_drains: 0,
        };

        for &cpu in workers {
            load.workers.push(Worker::new(seed, cpu, cpus)?);
        }
        load.dead_drains = load.device().stats().doing("STATS")?.dead_drains;
        Ok(load)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    fn device(&self) -> &Device {
        self.workers[0].folios().0
    }

    /// Everything at once for `time`; all of it has stopped when this returns.
    pub(crate) fn run(&mut self, time: Duration) -> Verdict {
        let stop = AtomicBool::new(false);
        let mut drain_rng = self.rng.fork();
        let (cpus, removable) = (self.cpus, &self.removable);
        let (rng, cycles) = (&mut self.rng, &mut self.cycles);

        thread::scope(|scope| {
            let stop = &stop;
            let mut threads: Vec<_> = self
                .workers
                .iter_mut()
                .map(|worker| scope.spawn(|| ending(stop, worker.run(stop))))
                .collect();
            threads.push(scope.spawn(|| {
                let verdict = disturbance::hotplug(removable, rng, cycles, stop);
                ending(stop, verdict)
            }));
            threads.push(scope.spawn(|| {
                let verdict = disturbance::drain(cpus, &mut drain_rng, stop);
                ending(stop, verdict)
            }));
            wait(stop, time);
            stop.store(true, Ordering::Relaxed);
            let panicked = |_| Err("a thread panicked, see the log".into());
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or_else(panicked))
        })
    }

    /// Checks the books; nothing may run.
    pub(crate) fn audit(&mut self) -> Verdict {
        Audit::of(self.device(), &self.workers)?.check()
    }

    pub(crate) fn summary(&self) -> String {
        let steps: u64 = self.workers.iter().map(|worker| worker.steps).sum();
        let closed: u64 = self.workers.iter().map(|worker| worker.closed).sum();

        format!(
            "{steps} random steps, {closed} files closed with folios in them\n\
             folios an operation applied to: {:?}\n\
             drains, and those with something to do: {:?}\n\
             times a CPU was down: {:?}",
            self.applied(),
            self.drains(),
            self.cycles
        )
    }

    /// Whether all has happened that is checked below.
    pub(crate) fn has_done_all(&self) -> bool {
        self.check_operations().is_ok()
            && self.check_drains().is_ok()
            && self
                .removable
                .iter()
                .all(|cpu| self.cycles.contains_key(cpu))
    }

    pub(crate) fn check_operations(&self) -> Verdict {
        let applied = self.applied();

        for operation in Operation::ALL {
            ensure!(
                applied.get(&operation).is_some_and(|&folios| folios > 0),
                "{operation:?} never applied: {applied:?}"
            );
        }
        Ok(())
    }

    pub(crate) fn check_hotplug(&self) -> Verdict {
        if self.removable.is_empty() {
            return Err(Trouble::skip("no CPU can be taken down here"));
        }
        for cpu in &self.removable {
            ensure!(
                self.cycles.contains_key(cpu),
                "CPU {cpu} was never down: {:?}",
                self.cycles
            );
        }
        let cycles: u64 = self.cycles.values().sum();
        let dead_drains = self.device().stats().doing("STATS")?.dead_drains - self.dead_drains;
        ensure!(
            dead_drains == cycles,
            "CPUs went down {cycles} times and dead ones were drained {dead_drains} times"
        );
        Ok(())
    }

    pub(crate) fn check_drains(&self) -> Verdict {
        let drains = self.drains();

        for kind in [
            "DRAIN",
            "DRAIN_CPU",
            "DRAIN_ALL",
            "DRAIN_ALL_FORCE",
            "CACHE_DISABLE",
        ] {
            ensure!(
                drains.get(kind).is_some_and(|&(_, busy)| busy > 0),
                "no {kind} had anything to do: {drains:?}"
            );
        }
        Ok(())
    }

    fn applied(&self) -> BTreeMap<Operation, u64> {
        let mut sum = BTreeMap::new();
        for (&operation, &folios) in self.workers.iter().flat_map(|worker| &worker.applied) {
            *sum.entry(operation).or_default() += folios;
        }
        sum
    }

    fn drains(&self) -> BTreeMap<&'static str, (u64, u64)> {
        let mut sum = BTreeMap::<_, (u64, u64)>::new();
        for (&kind, &(drains, busy)) in self.workers.iter().flat_map(|worker| &worker.drains) {
            let entry = sum.entry(kind).or_default();
            entry.0 += drains;
            entry.1 += busy;
        }
        sum
    }
}

/// Waits for `time`, or until somebody stops everything.
fn wait(stop: &AtomicBool, time: Duration) {
    let end = Instant::now() + time;

    while Instant::now() < end && !stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// One thread's failure ends the round for all.
fn ending(stop: &AtomicBool, verdict: Verdict) -> Verdict {
    if verdict.is_err() {
        stop.store(true, Ordering::Relaxed);
    }
    verdict
}
