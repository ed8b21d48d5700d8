// SPDX-License-Identifier: GPL-2.0

//! Makes requests to the demo's device.

use crate::role::Participant;
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{
    cpulist,
    demo::{Device, Worker},
    doing::Doing as _,
    ktap::Trouble,
};
use std::{thread, time::Duration};

/// One in so many requests is followed by a close, with whatever the file has, so that the module
/// can be unloaded now and then.
const CLOSE: u32 = 300;

/// How long the file stays closed.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) struct Folios {
    seed: u64,
    worker: Option<Worker>,
}

impl Folios {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, worker: None }
    }
}

impl Participant for Folios {
    fn act(&mut self, rng: &mut Rng) -> Result<bool, Trouble> {
        let Some(worker) = &mut self.worker else {
            thread::sleep(PAUSE);
            // While this file is open the module stays, and the worker can open its own.
            let first = match Device::open() {
                // The last is for a device whose module is going.
                Err(Errno::ENOENT | Errno::ENODEV | Errno::ENXIO) => return Ok(false),
                result => result.doing("open")?,
            };
            let cpus = cpulist::read("online")?;
            self.seed += 1;
            self.worker = Some(Worker::new(self.seed, cpus[0], cpus.len())?);
            drop(first);
            return Ok(true);
        };

        worker.step()?;
        if rng.u32(..CLOSE) == 0 {
            self.worker = None;
        }
        Ok(true)
    }
}
