// SPDX-License-Identifier: GPL-2.0

//! The kinds of memory whose pages go through the batches.

use crate::arrival::Bench;
use nix::sys::memfd::{MFdFlags, memfd_create};
use selftests::{
    doing::Doing as _,
    ktap::Trouble,
    memory::{Memory, PAGE},
};
use std::fs::File;

/// Where a page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anonymous memory.
    Anonymous,
    /// A file on tmpfs.
    Shared,
    /// A block device's page cache.
    Disk,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Anonymous, Self::Shared, Self::Disk];

    /// Maps pages that are not in memory yet.
    pub(crate) fn map(self, bench: &Bench, pages: usize) -> Result<Memory, Trouble> {
        match self {
            Self::Anonymous => Memory::anonymous(pages),
            Self::Shared => {
                let file = memfd_create(c"live_drain", MFdFlags::empty()).doing("memfd_create")?;
                let file = File::from(file);
                file.set_len((pages * PAGE) as u64)?;
                Memory::of_file(&file, pages)
            }
            Self::Disk => {
                let disk = bench.disk()?;
                // What the round before has left.
                disk.flush_buffers()?;
                Memory::of_file(disk.file(), pages)
            }
        }
    }

    /// Has the pages brought into memory.
    pub(crate) fn fault(self, memory: &Memory) {
        if self == Self::Disk {
            // Clean, so that nothing is in the way when they are to go.
            memory.read();
        } else {
            memory.touch();
        }
    }
}
