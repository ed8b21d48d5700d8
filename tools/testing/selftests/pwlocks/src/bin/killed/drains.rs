// SPDX-License-Identifier: GPL-2.0

//! Has the running kernel drain, by its own requests, with mm_swap_live or without.

use crate::role::Participant;
use fastrand::Rng;
use selftests::{
    ktap::Trouble,
    live::{Disk, Disks, Trigger},
    memory::Memory,
};

/// Several batches, and some pages more.
const PAGES: usize = 100;

pub(crate) struct Drains {
    disk: Option<Disk>,
}

impl Drains {
    /// Uses the disk that there is.
    pub(crate) fn new() -> Result<Self, Trouble> {
        let disk = match Disks::make() {
            Ok(disks) => Some(disks.open(0)?),
            Err(Trouble::Skip(_)) => None,
            Err(trouble) => return Err(trouble),
        };
        Ok(Self { disk })
    }
}

impl Participant for Drains {
    fn act(&mut self, rng: &mut Rng) -> Result<bool, Trouble> {
        let memory = Memory::anonymous(PAGES)?;
        let trigger = Trigger::ALL[rng.usize(..Trigger::ALL.len())];
        let locked = rng.usize(..=PAGES);

        memory.touch();
        // Batches of all kinds have something in them.
        memory.lock(locked)?;
        memory.unlock(locked / 2)?;
        match &self.disk {
            Some(disk) => {
                let mapped = Memory::of_file(disk.file(), PAGES)?;
                mapped.read();
                pull(trigger, &memory, Some(disk))?;
            }
            None if trigger.needs_disk() => return Ok(false),
            None => pull(trigger, &memory, None)?,
        }
        Ok(true)
    }
}

/// What it does is not looked at, only that it returns: pages that another drain has in its hands
/// can't be moved at that moment.
fn pull(trigger: Trigger, memory: &Memory, disk: Option<&Disk>) -> Result<(), Trouble> {
    match (trigger, trigger.pull(memory, disk)) {
        (Trigger::MovePages | Trigger::Mbind, _) => Ok(()),
        (_, result) => result,
    }
}
