// SPDX-License-Identifier: GPL-2.0

//! What is left when the load has gone.

use crate::{
    ensure,
    held::Held,
    kernel_file, kmsg,
    ktap::{Trouble, Verdict},
    page_flags::{PageFlags, Pages},
};
use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

/// What is taken for noise, in KiB. The load handles as much every second, so that what is lost on
/// the way soon is more.
const TOLERANCE_KIB: i64 = 4096;

/// How often it is looked for pages that nobody has.
const MOMENT: Duration = Duration::from_millis(500);

/// A process that is ending has unmapped pages in its hands. It has ended by then even where the host
/// has other things to do than to emulate its CPU.
const PATIENCE: Duration = Duration::from_secs(20);

/// The state before the load.
#[derive(Debug)]
pub struct Before {
    log: kmsg::Mark,
    held: Held,
}

impl Before {
    /// Remembers it.
    pub fn now() -> Result<Self, Trouble> {
        Ok(Self {
            held: Held::now()?,
            log: kmsg::Mark::now()?,
        })
    }

    /// The kernel has not complained since, nor of any of its counters when it is told to add them
    /// up.
    pub fn log(&mut self) -> Verdict {
        self.log_but(&[])
    }

    /// The same, whatever it says that has one of these `known` words.
    pub fn log_but(&mut self, known: &[&str]) -> Verdict {
        kernel_file::write("/proc/sys/vm/stat_refresh", "1")?;
        let mut complaints = self.log.messages()?;

        complaints.retain(|message| {
            is_complaint(message) && !known.iter().any(|words| message.contains(words))
        });
        ensure!(complaints.is_empty(), "{complaints:#?}");
        Ok(())
    }

    /// No page is anonymous or mlocked that nobody has mapped.
    pub fn pages() -> Verdict {
        let start = Instant::now();
        let mut left = ownerless()?;

        while !left.is_empty() && start.elapsed() < PATIENCE {
            thread::sleep(MOMENT);
            let now = ownerless()?;
            left.retain(|frame, _| now.contains_key(frame));
        }
        ensure!(
            left.is_empty(),
            "{} pages are left that nobody has: {left:x?}",
            left.len()
        );
        Ok(())
    }

    /// As much memory is free as before.
    pub fn memory(&self) -> Verdict {
        let after = Held::now()?;

        println!("# held, in KiB, before: {:?}, after: {after:?}", self.held);
        for (what, before, after) in [
            ("pages", self.held.pages, after.pages),
            ("slab", self.held.slab, after.slab),
            ("per-CPU memory", self.held.percpu, after.percpu),
        ] {
            ensure!(
                after - before < TOLERANCE_KIB,
                "{what} grew from {before} to {after} KiB"
            );
        }
        Ok(())
    }
}

fn is_complaint(message: &str) -> bool {
    // The second is what a negative counter gets.
    kmsg::is_splat(message) || message.starts_with("vmstat_refresh: ")
}

/// The frames of pages that must have gone with whom they belonged to, and their flags.
fn ownerless() -> Result<BTreeMap<u64, PageFlags>, Trouble> {
    // One that is in a batch stays until that is drained.
    kernel_file::write("/proc/sys/vm/drop_caches", "1")?;
    let mut left = BTreeMap::new();
    Pages::open()?.for_all(|frame, flags| {
        if is_ownerless(flags) {
            left.insert(frame, flags);
        }
    })?;
    Ok(left)
}

/// Whether a page is one that is there because it is mapped, and for no other reason, and is not.
///
/// That it is not mapped must be of the same moment as the rest: this program's own memory comes and
/// goes while it looks at page after page.
fn is_ownerless(flags: PageFlags) -> bool {
    (flags.anon() || flags.mlocked())
        && !flags.mapped()
        && !flags.swapcache()
        && !flags.buddy()
        // Of a large folio, its first page speaks for all.
        && !flags.tail()
}

#[cfg(test)]
mod tests {
    use super::{is_complaint, is_ownerless};
    use crate::page_flags::PageFlags;

    #[test]
    fn complaints() {
        assert!(is_complaint("BUG: Bad page state in process x  pfn:1"));
        assert!(is_complaint("vmstat_refresh: nr_mlock -5"));
        assert!(!is_complaint("smpboot: CPU 3 is now offline"));
    }

    #[test]
    fn what_is_mapped_has_an_owner() {
        const MAPPED: u64 = 1 << 11;
        const ANON: u64 = 1 << 12;
        const MLOCKED: u64 = 1 << 33;
        // Anonymous, not on a list, exclusively somebody's.
        let page = 0x4_0000_5008;
        assert!(is_ownerless(PageFlags::new(page)));
        assert!(!is_ownerless(PageFlags::new(page | MAPPED)));
        assert!(!is_ownerless(PageFlags::new(page & !ANON)));
        assert!(is_ownerless(PageFlags::new((page & !ANON) | MLOCKED)));
    }
}
