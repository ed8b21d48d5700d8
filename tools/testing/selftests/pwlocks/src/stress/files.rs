// SPDX-License-Identifier: GPL-2.0

//! Pages of files.

use super::Stressor;
use crate::{
    doing::Doing as _,
    ktap::Trouble,
    live::{Disk, Disks},
    memory::{Memory, PAGE},
};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::{fs::File, os::unix::fs::FileExt as _};

/// Several batches, and some pages more.
const PAGES: usize = 200;

/// Writes a file of tmpfs, reads it twice, which makes its pages active, and maps it.
pub(super) struct InMemory;

impl Stressor for InMemory {
    fn name(&self) -> &'static str {
        "pages of tmpfs"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let file = File::from(memfd_create(c"stress", MFdFlags::empty()).doing("memfd_create")?);
        let mut page = [1; PAGE];

        for number in 0..PAGES {
            file.write_all_at(&page, (number * PAGE) as u64)?;
        }
        for number in (0..PAGES).chain(0..PAGES) {
            file.read_exact_at(&mut page, (number * PAGE) as u64)?;
        }
        let memory = Memory::of_file(&file, PAGES)?;
        memory.touch();
        memory.lock(PAGES).doing("mlock of a file")?;
        Ok(PAGES as u64)
    }
}

/// Writes a disk's pages, reads them, and has them go while some are mapped.
pub(super) struct OnDisk(Disk);

impl OnDisk {
    /// On the first disk.
    pub(super) fn new(disks: &Disks) -> Result<Self, Trouble> {
        disks.open(0).map(Self)
    }
}

impl Stressor for OnDisk {
    fn name(&self) -> &'static str {
        "pages of a disk"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let file = self.0.file();
        let mut page = [1; PAGE];

        for number in 0..PAGES {
            file.write_all_at(&page, (number * PAGE) as u64)?;
        }
        file.sync_data()?;
        let mapped = Memory::of_file(file, PAGES / 4)?;
        mapped.read();
        for number in 0..PAGES {
            file.read_exact_at(&mut page, (number * PAGE) as u64)?;
        }
        self.0.dont_need()?;
        drop(mapped);
        self.0.flush_buffers()?;
        Ok(PAGES as u64)
    }
}
