// SPDX-License-Identifier: GPL-2.0

//! One thread's random operations on folios of its own.

use super::{Device, Drain, Operation, uapi};
use crate::{
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    pin, random,
};
use fastrand::Rng;
use nix::errno::Errno;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

/// Folios a worker keeps at most.
const FOLIOS: usize = 400;
/// Folios in one request at most: more than a batch, so that one request can fill it.
const AT_ONCE: usize = 40;
/// CACHE_DISABLE a worker has in force at most.
const DISABLED: u32 = 2;

/// A worker, between rounds as in them.
#[derive(Debug)]
pub struct Worker {
    cpu: usize,
    cpus: usize,
    rng: Rng,
    device: Device,
    handles: Vec<u64>,
    disabled: u32,
    /// To how many folios each operation applied.
    pub applied: BTreeMap<Operation, u64>,
    /// Drains by kind, and of these the ones that asked for work.
    pub drains: BTreeMap<&'static str, (u64, u64)>,
    /// Files closed with folios in them.
    pub closed: u64,
    /// What it did.
    pub steps: u64,
}

impl Worker {
    /// A worker for `cpu`, one of `cpus`.
    pub fn new(seed: u64, cpu: usize, cpus: usize) -> Result<Self, Trouble> {
        Ok(Self {
            cpu,
            cpus,
            rng: random::source(seed, cpu as u64),
            device: Device::open().doing("open")?,
            handles: Vec::new(),
            disabled: 0,
            applied: BTreeMap::new(),
            drains: BTreeMap::new(),
            closed: 0,
            steps: 0,
        })
    }

    /// The file, and the handles of all its folios.
    pub fn folios(&self) -> (&Device, &[u64]) {
        (&self.device, &self.handles)
    }

    /// CACHE_DISABLE in force.
    pub fn disabled(&self) -> u32 {
        self.disabled
    }

    /// Works until `stop`.
    pub fn run(&mut self, stop: &AtomicBool) -> Verdict {
        while !stop.load(Ordering::Relaxed) {
            if self.steps % 32 == 0 {
                pin::back_to(self.cpu).doing("sched_setaffinity")?;
            }
            self.step()?;
        }
        Ok(())
    }

    /// Does one thing, on the CPU that this runs on.
    pub fn step(&mut self) -> Verdict {
        self.steps += 1;
        match self.rng.u32(..100) {
            0..20 => self.alloc(),
            20..72 => self.operate(),
            72..82 => self.free(),
            82..92 => self.drain(),
            92..95 => self.disable(),
            95..98 => self.enable(),
            98 => self.look(),
            _ => self.reopen(),
        }
    }

    fn alloc(&mut self) -> Verdict {
        let count = self.rng.usize(1..=AT_ONCE);
        if self.handles.len() + count > FOLIOS {
            return self.free();
        }
        let order = match self.rng.u32(..8) {
            0 => self.rng.u32(1..=uapi::ORDER_MAX),
            _ => 0,
        };
        // Each flag on few folios: most operations skip the folios that have them.
        let flags = (0..5)
            .filter(|flag| self.rng.u32(..if *flag == 0 { 2 } else { 8 }) == 0)
            .map(|flag| 1 << flag)
            .sum();
        let fresh = self
            .device
            .alloc(count as u32, order, uapi::NODE_ANY, flags)
            .doing(format_args!("ALLOC of {count}, order {order}"))?;

        self.handles.extend_from_slice(&fresh);
        match self.rng.u32(..10) {
            0 => Ok(()),
            1..4 => self.apply(Operation::MlockNew, &fresh),
            _ => self.apply(Operation::LruAdd, &fresh),
        }
    }

    fn operate(&mut self) -> Verdict {
        let operation = loop {
            let operation = Operation::ALL[self.rng.usize(..Operation::ALL.len())];
            if operation != Operation::Free {
                break operation;
            }
        };
        let handles = self.some();
        self.apply(operation, &handles)
    }

    fn free(&mut self) -> Verdict {
        let handles = self.some();
        self.apply(Operation::Free, &handles)?;
        self.handles.retain(|handle| !handles.contains(handle));
        Ok(())
    }

    fn apply(&mut self, operation: Operation, handles: &[u64]) -> Verdict {
        if handles.is_empty() {
            return Ok(());
        }
        let what = format!("{operation:?} of {} folios", handles.len());
        let result = self.device.op(operation, handles).doing(&what)?;

        ensure!(
            result.done as usize <= handles.len(),
            "{what} applied to {}",
            result.done
        );
        ensure!(
            operation != Operation::Free || result.done as usize == handles.len(),
            "{what} freed {}",
            result.done
        );
        *self.applied.entry(operation).or_default() += u64::from(result.done);
        Ok(())
    }

    fn drain(&mut self) -> Verdict {
        let cpu = self.rng.usize(..self.cpus);
        let (name, result) = match self.rng.u32(..10) {
            0..3 => ("DRAIN", self.device.drain(Drain::Local)),
            3..7 => ("DRAIN_CPU", self.device.drain_cpu(cpu)),
            7..9 => ("DRAIN_ALL", self.device.drain(Drain::All)),
            _ => ("DRAIN_ALL_FORCE", self.device.drain(Drain::AllForce)),
        };
        let result = match result {
            Err(Errno::ENODEV) if name == "DRAIN_CPU" => return Ok(()),
            result => result.doing(name)?,
        };
        self.count_drain(name, &result)
    }

    fn count_drain(&mut self, name: &'static str, result: &uapi::Drain) -> Verdict {
        ensure!(
            result.seq_begin <= result.seq_end && result.queued <= result.works,
            "{name} says {result:?}"
        );
        let (drains, busy) = self.drains.entry(name).or_default();
        *drains += 1;
        *busy += u64::from(result.works > 0 || result.seq_end > result.seq_begin);
        Ok(())
    }

    fn disable(&mut self) -> Verdict {
        if self.disabled == DISABLED {
            return self.enable();
        }
        let result = self.device.cache_disable().doing("CACHE_DISABLE")?;
        self.disabled += 1;
        self.count_drain("CACHE_DISABLE", &result)
    }

    fn enable(&mut self) -> Verdict {
        // Twice as many as it disables: batches are to be used most of the time.
        let expected = match self.disabled {
            0 => Err(Errno::EINVAL),
            _ => Ok(()),
        };
        let result = self.device.cache_enable();
        ensure!(
            result == expected,
            "CACHE_ENABLE with {} in force: {result:?}",
            self.disabled
        );
        self.disabled = self.disabled.saturating_sub(1);
        if self.disabled > 0 {
            return self.enable();
        }
        Ok(())
    }

    fn look(&mut self) -> Verdict {
        for handle in self.some() {
            let folio = self.device.query(handle).doing("QUERY")?;
            ensure!(folio.refs > 0, "a folio with a handle and no reference");
        }
        Ok(())
    }

    fn reopen(&mut self) -> Verdict {
        self.closed += u64::from(!self.handles.is_empty());
        // The new file is opened first, so that the module can never go away.
        self.device = Device::open().doing("open")?;
        self.handles.clear();
        self.disabled = 0;
        Ok(())
    }

    fn some(&mut self) -> Vec<u64> {
        let count = self.rng.usize(1..=AT_ONCE);
        random::some_of(&mut self.rng, &self.handles, count)
    }
}
