// SPDX-License-Identifier: GPL-2.0

//! Pages that go into a batch of the last CPU, and whether they have arrived when CPU 0 has drained.

use crate::kind::Kind;
use selftests::{
    cpulist,
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    live::{Disk, Disks, Faulters, Trigger},
    memory::{Memory, PAGE},
    page_flags::{Page, Pages},
    pin::Pinned,
};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// Fewer than a batch takes, so that they wait there.
const PAGES: usize = 8;

/// What the checks need.
pub(crate) struct Bench {
    pages: Pages,
    /// The CPU that drains.
    here: usize,
    /// The CPU that is drained.
    pub(crate) there: usize,
    pub(crate) disk: Option<Disk>,
    pub(crate) disks: Option<Disks>,
    /// Pages that were in a batch when a drain began.
    waited: Cell<u64>,
}

impl Bench {
    pub(crate) fn new() -> Result<Self, Trouble> {
        let cpus = cpulist::read("online")?;
        let (&[here, ..], &[.., _, there]) = (&*cpus, &*cpus) else {
            return Err(Trouble::skip("there is one CPU only"));
        };
        let disks = match Disks::make() {
            Ok(disks) => Some(disks),
            // Only what needs it is skipped then.
            Err(Trouble::Skip(_)) => None,
            Err(trouble) => return Err(trouble),
        };
        let disk = disks.as_ref().map(|disks| disks.open(0)).transpose()?;

        Ok(Self {
            pages: Pages::open()?,
            here,
            there,
            disk,
            disks,
            waited: Cell::new(0),
        })
    }

    pub(crate) fn disk(&self) -> Result<&Disk, Trouble> {
        self.disk
            .as_ref()
            .ok_or_else(|| Trouble::skip("there is no brd.ko"))
    }

    /// Checks that `trigger` moves pages of every kind.
    pub(crate) fn pages(&self, trigger: Trigger, rounds: u32) -> Verdict {
        for kind in Kind::ALL {
            self.some_waited(format_args!("{kind:?}"), || {
                (0..rounds).try_for_each(|_| self.round(kind, trigger))
            })?;
        }
        Ok(())
    }

    /// Checks the same for pages that are mlocked and munlocked.
    pub(crate) fn mlock(&self, rounds: u32) -> Verdict {
        self.some_waited("mlock", || {
            (0..rounds).try_for_each(|_| self.mlock_round(Trigger::DropCaches))
        })
    }

    /// Does all of it, again and again, while threads fault on every CPU.
    pub(crate) fn busy(&self, time: Duration) -> Verdict {
        let faulters = Faulters::start()?;
        let start = Instant::now();
        let mut rounds = 0;

        self.some_waited("under load", || {
            // All combinations once at least, however slow the machine.
            while rounds == 0 || start.elapsed() < time {
                for trigger in Trigger::ALL {
                    for kind in Kind::ALL {
                        self.round(kind, trigger)?;
                        rounds += 1;
                    }
                    if trigger != Trigger::Compact {
                        self.mlock_round(trigger)?;
                    }
                }
            }
            Ok(())
        })?;
        let faulted = faulters.stop();
        println!("# {rounds} rounds while {faulted} pages were faulted in");
        ensure!(faulted > 0, "no page was faulted in meanwhile");
        Ok(())
    }

    /// Runs `check`, which must have seen pages wait in a batch.
    fn some_waited(
        &self,
        what: impl std::fmt::Display,
        check: impl FnOnce() -> Verdict,
    ) -> Verdict {
        self.waited.set(0);
        check()?;
        ensure!(
            self.waited.get() > 0,
            "{what}: no page waited in a batch, so there was nothing to drain"
        );
        Ok(())
    }

    fn round(&self, kind: Kind, trigger: Trigger) -> Verdict {
        let memory = kind.map(self, PAGES)?;
        let before = self.on_there(|| {
            kind.fault(&memory);
            self.look(&memory)
        })?;

        self.count(before.iter().filter(|page| !page.flags.lru()).count());
        self.drain(trigger, &memory)?;
        let after = self.look(&memory)?;
        for (number, (before, after)) in before.iter().zip(&after).enumerate() {
            // One that was moved was on a list to be taken from there.
            ensure!(
                after.flags.lru() || (after.frame != before.frame && migrates(trigger)),
                "{kind:?} page {number} is on no list after {trigger}: {after:?}, before: {before:?}"
            );
        }
        Ok(())
    }

    fn mlock_round(&self, trigger: Trigger) -> Verdict {
        let memory = Memory::apart(PAGES)?;
        let before = self.on_there(|| {
            memory.lock_on_fault().doing("mlock2")?;
            memory.touch();
            self.look(&memory)
        })?;
        self.count(before.iter().filter(|page| !page.flags.lru()).count());
        ensure!(
            before.iter().all(|page| page.flags.mlocked()),
            "new pages in mlocked memory are not mlocked: {before:?}"
        );
        self.drain(trigger, &memory)?;
        let locked = self.look(&memory)?;
        ensure!(
            locked
                .iter()
                .all(|page| page.flags.lru() && page.flags.unevictable() && page.flags.mlocked()),
            "mlocked pages have not become unevictable with {trigger}: {locked:?}"
        );

        let before = self.on_there(|| {
            memory.unlock(PAGES).doing("munlock")?;
            self.look(&memory)
        })?;
        self.count(before.iter().filter(|page| page.flags.mlocked()).count());
        self.drain(trigger, &memory)?;
        let after = self.look(&memory)?;
        ensure!(
            after
                .iter()
                .all(|page| page.flags.lru() && !page.flags.unevictable() && !page.flags.mlocked()),
            "munlocked pages have not become evictable with {trigger}: {after:?}"
        );
        Ok(())
    }

    fn on_there<T>(&self, f: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
        let _there = Pinned::to(self.there)?;
        f()
    }

    /// Has CPU 0 drain all CPUs.
    fn drain(&self, trigger: Trigger, memory: &Memory) -> Verdict {
        let _here = Pinned::to(self.here)?;
        if !trigger.needs_disk() {
            return trigger.pull(memory, None);
        }

        // A page of the disk that is cached and can't go, being mapped: else there is nothing to be
        // drained for.
        let disk = self.disk()?;
        let mapped = Memory::of_file(disk.file(), 2 * PAGES)?;
        mapped.read();
        trigger.pull(memory, Some(disk))
    }

    fn look(&self, memory: &Memory) -> Result<Vec<Page>, Trouble> {
        self.pages.at(memory.address(), memory.pages(), PAGE)
    }

    fn count(&self, pages: usize) {
        self.waited.set(self.waited.get() + pages as u64);
    }
}

/// Whether pages move to other frames.
fn migrates(trigger: Trigger) -> bool {
    matches!(
        trigger,
        Trigger::Compact | Trigger::MovePages | Trigger::Mbind
    )
}
