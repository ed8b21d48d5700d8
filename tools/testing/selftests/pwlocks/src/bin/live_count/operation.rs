// SPDX-License-Identifier: GPL-2.0

//! The operations that are counted.

use nix::sys::mman::MmapAdvise;
use selftests::{
    doing::Doing as _,
    drop_caches, executed, kernel_file,
    ktap::Trouble,
    live::{Disk, OnlyDrain},
    memory::{Memory, PAGE},
    tsc,
};
use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt as _,
};

/// Pages of a round: a multiple of the batch, so that each round moves as many batches, and few
/// enough for most rounds to be over before the next tick.
const PAGES: usize = 31 * 8;

/// Calls of a round, where an operation is a call; few for the same reason.
const CALLS: usize = 16;

/// A file in memory.
const FILE: &str = "/tmp/live_count";

/// Where the generations are turned on and off.
const LRU_GEN: &str = "/sys/kernel/mm/lru_gen/enabled";

/// What one takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// In instructions.
    pub instructions: f64,
    /// How many of these are atomic, if the emulator counts them.
    pub atomics: Option<f64>,
}

/// One operation.
pub struct Operation {
    /// As it is printed; after the kernel's function that matters.
    pub name: &'static str,
    /// Whether the multi-generational LRU is on.
    generations: &'static str,
    /// Does the operation many times and returns what one took.
    round: fn(&Disk) -> Result<Cost, Trouble>,
    /// How many instructions the module may add in remote mode; on PREEMPT_RT, where only the
    /// drains of all CPUs are replaced, see [`Self::added_on_rt`].
    pub added: f64,
    /// The same on PREEMPT_RT.
    pub added_on_rt: f64,
    /// How many of these may be atomic: one for each lock that is taken, as a local lock takes none.
    pub atomics_added: f64,
    /// The same on PREEMPT_RT, where the kernel's own lock takes as many.
    pub atomics_added_on_rt: f64,
}

/// What the C series adds, on the same kernel and counted the same way.
const ADD: f64 = 25.0;
const FAULT: f64 = 26.0;
const MLOCK: f64 = 65.0;

/// What is added to the local drain today, and some. That of all CPUs must be no dearer than the
/// kernel's.
const DRAIN: f64 = 20.0;
const DRAIN_ALL: f64 = 0.0;

/// All operations.
pub fn all() -> [Operation; 7] {
    let operation = |name, generations, round, added, atomics_added| Operation {
        name,
        generations,
        round,
        added,
        added_on_rt: 0.0,
        atomics_added,
        atomics_added_on_rt: 0.0,
    };

    [
        operation("folio_add_lru", "y", populate, ADD, 1.0),
        operation("folio_mark_accessed_lru_gen", "y", read_again, ADD, 0.0),
        operation("folio_mark_accessed", "n", read_again, ADD, 1.0),
        operation("anonymous_fault", "y", fault, FAULT, 1.0),
        operation("mlock_munlock", "y", lock_pages, MLOCK, 2.0),
        operation("lru_add_drain", "y", drain, DRAIN, 0.0),
        operation("idle_lru_add_drain_all", "y", drain_all, DRAIN_ALL, 0.0),
    ]
}

impl Operation {
    /// Goes before the rounds.
    pub fn prepare(&self) -> Result<(), Trouble> {
        kernel_file::write(LRU_GEN, self.generations)
    }

    /// What one takes, of many.
    pub fn round(&self, disk: &Disk) -> Result<Cost, Trouble> {
        (self.round)(disk)
    }
}

/// What `f` takes, for each of `n`. The clock is read within what the emulator counts, so that it counts
/// the same whether the emulator does or not.
fn each(n: usize, f: impl FnOnce() -> Result<(), Trouble>) -> Result<Cost, Trouble> {
    let (instructions, executed) = executed::during(|| {
        let start = tsc::read();

        f()?;
        Ok(tsc::read() - start)
    })?;
    let share = |number: u64| number as f64 / n as f64;

    Ok(Cost {
        instructions: share(instructions),
        atomics: executed.map(|executed| share(executed.atomics)),
    })
}

/// Each touched page is charged, mapped and given to `folio_add_lru()`.
fn fault(_disk: &Disk) -> Result<Cost, Trouble> {
    let memory = Memory::anonymous(PAGES)?;

    each(PAGES, || {
        memory.touch();
        Ok(())
    })
}

/// Each page is given to `folio_add_lru()`, and there is no fault for each.
fn populate(_disk: &Disk) -> Result<Cost, Trouble> {
    let memory = Memory::anonymous(PAGES)?;

    each(PAGES, || {
        memory
            .advise(MmapAdvise::MADV_POPULATE_WRITE)
            .doing("MADV_POPULATE_WRITE")
    })
}

/// A read of a page's first byte is a use of it: `folio_mark_accessed()`. Without LRU_GEN the second
/// one puts the page into the batch of those that become active.
fn read_again(_disk: &Disk) -> Result<Cost, Trouble> {
    let file = new_file()?;

    write(&file)?;
    kernel_file::write(drop_caches::FILE, "1")?;
    read(&file)?;
    each(PAGES, || read(&file))
}

/// A file without pages.
fn new_file() -> Result<File, Trouble> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(FILE)
        .doing(FILE)
}

fn write(file: &File) -> Result<(), Trouble> {
    (0..PAGES).try_for_each(|n| file.write_all_at(&[1; PAGE], (n * PAGE) as u64).doing(FILE))
}

fn read(file: &File) -> Result<(), Trouble> {
    let mut byte = [0];

    (0..PAGES).try_for_each(|n| file.read_exact_at(&mut byte, (n * PAGE) as u64).doing(FILE))
}

/// `mlock_folio()` and `munlock_folio()` for each page.
fn lock_pages(_disk: &Disk) -> Result<Cost, Trouble> {
    let memory = Memory::anonymous(PAGES)?;

    memory.touch();
    each(PAGES, || {
        memory.lock(PAGES).doing("mlock")?;
        memory.unlock(PAGES).doing("munlock")
    })
}

/// `MADV_COLD` begins with `lru_add_drain()`, and has nothing to do where no page is.
fn drain(_disk: &Disk) -> Result<Cost, Trouble> {
    let memory = Memory::anonymous(PAGES)?;

    each(CALLS, || {
        for _ in 0..CALLS {
            memory.advise(MmapAdvise::MADV_COLD).doing("MADV_COLD")?;
        }
        Ok(())
    })
}

/// `lru_add_drain_all()`, with nothing to drain.
fn drain_all(disk: &Disk) -> Result<Cost, Trouble> {
    let drain = OnlyDrain::by(disk)?;

    each(CALLS, || (0..CALLS).try_for_each(|_| drain.make()))
}
