// SPDX-License-Identifier: GPL-2.0

//! CPUs that go down and come up.

use super::Stressor;
use crate::{
    hotplug::{self, Offline},
    ktap::Trouble,
};
use std::{thread, time::Duration};

/// How long one stays down, and how long all stay up.
const PERIOD: Duration = Duration::from_millis(50);

/// Takes one CPU after the other down, and up again.
pub(super) struct Cpus {
    cpus: Vec<usize>,
    next: usize,
}

impl Cpus {
    /// All CPUs that can be taken down. Skips if none can.
    pub(super) fn new() -> Result<Self, Trouble> {
        let cpus = hotplug::removable()?;

        if cpus.is_empty() {
            return Err(Trouble::skip("no CPU can be taken down"));
        }
        Ok(Self { cpus, next: 0 })
    }
}

impl Stressor for Cpus {
    fn name(&self) -> &'static str {
        "CPUs taken down and up"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let down = Offline::take(self.cpus[self.next % self.cpus.len()])?;

        self.next += 1;
        thread::sleep(PERIOD);
        drop(down);
        thread::sleep(PERIOD);
        Ok(1)
    }
}
