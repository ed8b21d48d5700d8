// SPDX-License-Identifier: GPL-2.0

//! What goes away and comes back.

use selftests::{
    cpulist,
    doing::Doing as _,
    ensure,
    hotplug::{self, Offline},
    ktap::{Trouble, Verdict},
    memory::{Memory, PAGE},
    memory_block::MemoryBlock,
    mempolicy,
    page_flags::Pages,
};
use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Pages that are on the block as it goes: more than a batch.
const PAGES: usize = 100;

/// At which CPU to aim, for those who drain while it goes down.
#[derive(Debug, Default)]
pub(crate) struct Aim {
    cpu: AtomicUsize,
    going_down: AtomicBool,
}

impl Aim {
    /// The CPU that goes down next, or is going down, or was the last to.
    pub(crate) fn cpu(&self) -> usize {
        self.cpu.load(Ordering::Relaxed)
    }

    /// Whether it is going down at this moment.
    pub(crate) fn is_going_down(&self) -> bool {
        self.going_down.load(Ordering::Relaxed)
    }
}

/// A part of the machine.
#[derive(Debug)]
pub(crate) enum Cycle {
    /// These CPUs, one after the other: all that can.
    Cpus(Vec<usize>),
    /// A block of memory, which is offline while the machine is at rest.
    Memory(MemoryBlock),
}

impl Cycle {
    /// Skips where no CPU can be taken down.
    pub(crate) fn of_cpus() -> Result<Self, Trouble> {
        let cpus = hotplug::removable()?;

        if cpus.is_empty() {
            return Err(Trouble::skip("no CPU can be taken down"));
        }
        Ok(Self::Cpus(cpus))
    }

    /// Skips where there is no block.
    pub(crate) fn of_memory() -> Result<Self, Trouble> {
        MemoryBlock::find_offline().map(Self::Memory)
    }

    /// The CPUs that go down.
    pub(crate) fn cpus(&self) -> &[usize] {
        match self {
            Self::Cpus(cpus) => cpus,
            Self::Memory(_) => &[],
        }
    }

    /// Goes through it once; in the end the machine is as before.
    pub(crate) fn once(&self, aim: &Aim) -> Verdict {
        match self {
            Self::Cpus(cpus) => cpus.iter().try_for_each(|&cpu| down_and_up(cpu, aim)),
            Self::Memory(block) => on_and_off(block),
        }
    }
}

fn down_and_up(cpu: usize, aim: &Aim) -> Verdict {
    aim.cpu.store(cpu, Ordering::Relaxed);
    aim.going_down.store(true, Ordering::Relaxed);
    let down = Offline::take(cpu);
    aim.going_down.store(false, Ordering::Relaxed);
    let down = down?;

    ensure!(
        !cpulist::read("online")?.contains(&cpu),
        "CPU {cpu} was taken down and is online"
    );
    drop(down);
    ensure!(
        cpulist::read("online")?.contains(&cpu),
        "CPU {cpu} did not come up again"
    );
    Ok(())
}

/// Takes the block offline with pages of this process on it, which have to be moved away.
fn on_and_off(block: &MemoryBlock) -> Verdict {
    block.online()?;
    let memory = Memory::anonymous(PAGES)?;
    mempolicy::bind(&memory, block.node()?, 0).doing("mbind")?;
    memory.touch();
    let there = pages_on(block, &memory)?;
    ensure!(there > 0, "the block is online and gets none of the pages");
    block.offline()?;
    let left = pages_on(block, &memory)?;
    ensure!(
        left == 0,
        "the block is offline with {left} of the {there} pages on it"
    );
    Ok(())
}

fn pages_on(block: &MemoryBlock, memory: &Memory) -> Result<usize, Trouble> {
    let frames = block.frames()?;
    let pages = Pages::open()?.at(memory.address(), memory.pages(), PAGE)?;

    Ok(pages
        .iter()
        .filter(|page| frames.contains(&page.frame))
        .count())
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpus(_) => "CPUs",
            Self::Memory(_) => "memory block",
        })
    }
}
