// SPDX-License-Identifier: GPL-2.0

//! What /proc/vmstat says of a workload, with the module and without.

use crate::arrival::Bench;
use nix::{
    fcntl::{SpliceFFlags, splice},
    sys::mman::MmapAdvise,
    unistd::pipe,
};
use selftests::{
    doing::Doing as _,
    ensure,
    kernel_setting::KernelSetting,
    ktap::{Report, Trouble, Verdict},
    live::{Setting, Trigger},
    memory::Memory,
    pin::Pinned,
    vmstat::Vmstat,
};
use std::{collections::BTreeMap, os::unix::fs::FileExt as _};

/// Points that [`run`] makes.
pub(crate) const POINTS: usize = 2;

const LRU_GEN: &str = "/sys/kernel/mm/lru_gen/enabled";

/// What must move alike.
const COUNTERS: [&str; 13] = [
    "nr_mlock",
    "nr_unevictable",
    "pgactivate",
    "pgdeactivate",
    "pglazyfree",
    "pgrotated",
    "unevictable_pgs_cleared",
    "unevictable_pgs_culled",
    "unevictable_pgs_mlocked",
    "unevictable_pgs_munlocked",
    "unevictable_pgs_rescued",
    "unevictable_pgs_scanned",
    "unevictable_pgs_stranded",
];

/// What must move at all, or the comparison would be worth nothing.
const MOVING: [&str; 6] = [
    "pgdeactivate",
    "pglazyfree",
    "pgrotated",
    "unevictable_pgs_mlocked",
    "unevictable_pgs_munlocked",
    "nr_mlock",
];

/// Several batches, and some pages more.
const PAGES: usize = 1000;

/// How often each is measured.
const TRIES: usize = 5;

type Moved = BTreeMap<&'static str, i64>;

pub(crate) fn run(report: &mut Report, bench: &Bench) {
    for (state, words) in [("y", "with"), ("n", "without")] {
        report.test(
            &format!("/proc/vmstat moves as in the stock kernel, {words} LRU_GEN"),
            || compare(bench, state),
        );
    }
}

fn compare(bench: &Bench, lru_gen: &str) -> Verdict {
    let _state = KernelSetting::set(LRU_GEN, lru_gen)?;
    let stock = measure(bench, Setting::Stock)?;

    println!("# stock: {stock:?}");
    for name in MOVING {
        ensure!(
            stock[name] > 0,
            "the workload does not move {name}: {stock:?}"
        );
    }
    for setting in [Setting::Off, Setting::On] {
        let live = measure(bench, setting)?;
        ensure!(
            live == stock,
            "{setting} moves {live:?}, the stock kernel {stock:?}"
        );
    }
    Ok(())
}

/// How far each counter moves in one run of the workload: the least of several, since what others do
/// meanwhile comes on top.
fn measure(bench: &Bench, setting: Setting) -> Result<Moved, Trouble> {
    let applied = setting.apply()?;
    let mut least = workload(bench)?;

    for _ in 1..TRIES {
        for (name, moved) in workload(bench)? {
            least
                .entry(name)
                .and_modify(|least| *least = moved.min(*least));
        }
    }
    applied.end()?;
    Ok(least)
}

/// Does something of everything, on one CPU, in the same order every time.
fn workload(bench: &Bench) -> Result<Moved, Trouble> {
    let _there = Pinned::to(bench.there)?;
    // Forgets what was read the last time.
    bench.disk()?.flush_buffers()?;
    drain()?;
    let before = Vmstat::read()?;

    let anonymous = Memory::anonymous(PAGES)?;
    anonymous.touch();
    anonymous.advise(MmapAdvise::MADV_COLD).doing("MADV_COLD")?;
    anonymous.advise(MmapAdvise::MADV_FREE).doing("MADV_FREE")?;
    let locked = Memory::anonymous(PAGES)?;
    locked.lock_on_fault().doing("mlock2")?;
    locked.touch();
    let twice = Memory::anonymous(PAGES)?;
    twice.touch();
    twice.lock(PAGES).doing("mlock")?;
    twice.unlock(PAGES / 2).doing("munlock")?;
    read_file(bench)?;
    drain()?;
    // What is mlocked now, by both counters that say so.
    let during = Vmstat::read()?.since(&before, &["nr_mlock", "nr_unevictable"])?;

    drop((anonymous, locked, twice));
    drain()?;
    let after = Vmstat::read()?;
    let mut moved = after.since(&before, &COUNTERS)?;
    let left: Vec<_> = ["nr_mlock", "nr_unevictable"]
        .into_iter()
        .filter(|name| moved[name] != 0)
        .collect();
    if !left.is_empty() {
        return Err(format!("everything is unmapped, and left is: {left:?} of {moved:?}").into());
    }
    moved.extend(during);
    Ok(moved)
}

/// Reads a disk twice, which makes its pages active, and has them rotated by saying that they are
/// not needed while a pipe still holds some.
fn read_file(bench: &Bench) -> Verdict {
    const HELD: usize = 12;

    let disk = bench.disk()?;
    let mut page = [0; 4096];

    for _ in 0..3 {
        for number in 0..100 {
            disk.file().read_exact_at(&mut page, number * 4096)?;
        }
    }
    let (_reader, writer) = pipe().doing("pipe")?;
    let mut offset = 0;
    let mut held = 0;
    while held < HELD * 4096 {
        held += splice(
            disk.file(),
            Some(&mut offset),
            &writer,
            None,
            4096,
            SpliceFFlags::empty(),
        )
        .doing("splice")?;
    }
    disk.dont_need()?;
    drain()?;
    disk.dont_need()
}

/// Has everything leave the batches. Dropping caches would do that too, and deactivate every page of
/// the machine's files that can't go, of which there are sometimes more and sometimes fewer.
fn drain() -> Verdict {
    let memory = Memory::anonymous(1)?;

    memory.touch();
    Trigger::MovePages.pull(&memory, None)
}
