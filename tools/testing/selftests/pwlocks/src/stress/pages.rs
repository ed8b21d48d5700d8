// SPDX-License-Identifier: GPL-2.0

//! Anonymous pages: new ones, advised on, mlocked.

use super::Stressor;
use crate::{
    doing::Doing as _,
    ktap::Trouble,
    memory::{Memory, has_huge_pages},
};
use nix::sys::mman::MmapAdvise;

/// Several batches, and some pages more.
const PAGES: usize = 200;

/// Two huge pages' worth.
const HUGE: usize = 1024;

/// Faults new pages in.
pub(super) struct Faults;

impl Stressor for Faults {
    fn name(&self) -> &'static str {
        "anonymous pages faulted in"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        Memory::anonymous(PAGES)?.touch();
        Ok(PAGES as u64)
    }
}

/// Has pages deactivated, freed lazily, paged out and dropped.
pub(super) struct Advice;

impl Stressor for Advice {
    fn name(&self) -> &'static str {
        "pages advised on"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        const ADVICE: [MmapAdvise; 4] = [
            MmapAdvise::MADV_COLD,
            MmapAdvise::MADV_FREE,
            MmapAdvise::MADV_PAGEOUT,
            MmapAdvise::MADV_DONTNEED,
        ];
        let memory = Memory::anonymous(PAGES)?;

        for advice in ADVICE {
            memory.touch();
            memory.advise(advice).doing(format_args!("{advice:?}"))?;
        }
        Ok((ADVICE.len() * PAGES) as u64)
    }
}

/// Locks pages and unlocks them, small ones and huge ones, of which a part is unlocked.
pub(super) struct Locks;

impl Stressor for Locks {
    fn name(&self) -> &'static str {
        "pages mlocked"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let small = Memory::anonymous(PAGES)?;
        small.lock(PAGES).doing("mlock")?;
        small.unlock(PAGES / 2).doing("munlock")?;

        let huge = Memory::anonymous(HUGE)?;
        if has_huge_pages() {
            huge.advise(MmapAdvise::MADV_HUGEPAGE)
                .doing("MADV_HUGEPAGE")?;
        }
        huge.touch();
        huge.lock(HUGE).doing("mlock of huge pages")?;
        huge.unlock(PAGES).doing("munlock of a part")?;
        Ok((PAGES + HUGE) as u64)
    }
}
