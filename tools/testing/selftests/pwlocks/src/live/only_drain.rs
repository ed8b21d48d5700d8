// SPDX-License-Identifier: GPL-2.0

//! A request that makes the kernel drain all CPUs, and little else.

use super::Disk;
use crate::{ktap::Trouble, memory::Memory};

/// `BLKFLSBUF` of a disk that has a page which can't go, as it is mapped: the kernel looks for what
/// can, once all CPUs have been drained, and finds nothing.
#[derive(Debug)]
pub struct OnlyDrain<'a> {
    disk: &'a Disk,
    _page: Memory,
}

impl<'a> OnlyDrain<'a> {
    /// By this disk.
    pub fn by(disk: &'a Disk) -> Result<Self, Trouble> {
        let page = Memory::of_file(disk.file(), 1)?;

        page.read();
        Ok(Self { disk, _page: page })
    }

    /// `lru_add_drain_all()`.
    pub fn make(&self) -> Result<(), Trouble> {
        self.disk.flush_buffers()
    }
}
