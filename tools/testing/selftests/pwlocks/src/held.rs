// SPDX-License-Identifier: GPL-2.0

//! How much memory the kernel holds, exactly enough to see a small leak.
//!
//! Free memory alone goes up and down by megabytes: pages wait on lists per CPU, caches fill and
//! processes grow. So free pages are counted with those that wait, and what /proc/meminfo can
//! attribute to something else is taken off. What is left are pages somebody allocated for himself.

use crate::{kernel_file, ktap::Trouble, meminfo::Meminfo};
use std::{fs, path::Path, thread, time::Duration};

const PAGE_KIB: u64 = 4;

/// How often everything is told to go: what is freed late, by RCU or a work, may have been in the way.
const TURNS: u32 = 2;

/// Looks after each, and the time before every one of them.
const LOOKS: u32 = 3;
const PERIOD: Duration = Duration::from_millis(250);

/// What is taken off: it comes and goes with what this program and others do.
const ATTRIBUTED: [&str; 9] = [
    "MemFree",
    "Buffers",
    "Cached",
    "SwapCached",
    "AnonPages",
    "KernelStack",
    "PageTables",
    "SReclaimable",
    "SUnreclaim",
];

/// Memory that is held, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Pages that nothing in /proc/meminfo accounts for, per-CPU memory and vmalloc included.
    pub pages: i64,
    /// Slab memory that can't be reclaimed.
    pub slab: i64,
    /// Per-CPU memory.
    pub percpu: i64,
}

impl Held {
    /// Measures: the least of several looks, with everything gone that can go.
    pub fn now() -> Result<Self, Trouble> {
        let mut looks = Vec::new();

        for _ in 0..TURNS {
            let_go()?;
            for _ in 0..LOOKS {
                thread::sleep(PERIOD);
                looks.push(Self::look()?);
            }
        }
        looks
            .into_iter()
            .reduce(Self::least)
            .ok_or_else(|| Trouble::fail("nobody has looked"))
    }

    fn least(self, other: Self) -> Self {
        Self {
            pages: self.pages.min(other.pages),
            slab: self.slab.min(other.slab),
            percpu: self.percpu.min(other.percpu),
        }
    }

    fn look() -> Result<Self, Trouble> {
        // Folds the per-CPU parts of the counters.
        kernel_file::write("/proc/sys/vm/stat_refresh", "1\n")?;
        let meminfo = Meminfo::read()?;
        let mut attributed = waiting_kib()?;
        for name in ATTRIBUTED {
            attributed += meminfo.kib(name)?;
        }
        Ok(Self {
            pages: signed(meminfo.kib("MemTotal")?) - signed(attributed),
            slab: signed(meminfo.kib("SUnreclaim")?),
            percpu: signed(meminfo.kib("Percpu")?),
        })
    }
}

fn signed(kib: u64) -> i64 {
    i64::try_from(kib).unwrap_or(i64::MAX)
}

/// Drops caches and shrinks slabs, each of which waits for all CPUs.
fn let_go() -> Result<(), Trouble> {
    kernel_file::write("/proc/sys/vm/drop_caches", "3\n")?;
    for cache in fs::read_dir("/sys/kernel/slab").into_iter().flatten() {
        let cache = cache?.path();
        // Others are aliases.
        if !cache.is_symlink() && has_slabs(&cache) {
            shrink(&cache);
        }
    }
    Ok(())
}

/// A third of all caches have none, and to shrink one has all CPUs look through what KASAN keeps back.
fn has_slabs(cache: &Path) -> bool {
    fs::read_to_string(cache.join("slabs")).map_or(true, |slabs| some(&slabs))
}

/// Whether the number in front of those by node is not 0.
fn some(slabs: &str) -> bool {
    slabs.split_whitespace().next() != Some("0")
}

/// A cache that has gone meanwhile, or can't be shrunk, only makes the measurement coarser.
fn shrink(cache: &Path) {
    let _ = fs::write(cache.join("shrink"), "1");
}

/// Free pages that wait on lists per CPU, which MemFree leaves out.
fn waiting_kib() -> Result<u64, Trouble> {
    let zones = kernel_file::read("/proc/zoneinfo")?;

    Ok(waiting_pages(&zones) * PAGE_KIB)
}

fn waiting_pages(zones: &str) -> u64 {
    zones
        .lines()
        .filter_map(|line| line.trim().strip_prefix("count:"))
        .filter_map(|count| count.trim().parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{some, waiting_pages};

    #[test]
    fn slabs() {
        assert!(!some("0\n"));
        assert!(some("17 N0=12 N1=5\n"));
        // Better shrunk once too often.
        assert!(some(""));
    }

    #[test]
    fn zoneinfo() {
        let zones = "Node 0, zone DMA\n  pages free 3\n  pagesets\n    cpu: 0\n      \
                     count:    12\n      high:  9\n    cpu: 1\n      count: 5\n";
        assert_eq!(waiting_pages(zones), 17);
    }
}
