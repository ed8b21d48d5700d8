// SPDX-License-Identifier: GPL-2.0

//! Requests about a block device of which the loop reads pages.

use super::trigger::Request;
use crate::{doing::Doing as _, ktap::Trouble};
use nix::{
    fcntl::{PosixFadviseAdvice, posix_fadvise},
    ioctl_none_bad, request_code_none,
};
use std::{
    fs::File,
    os::fd::AsRawFd as _,
    path::Path,
    time::{Duration, Instant},
};

// `include/uapi/linux/fs.h`: flush and invalidate a block device's page cache.
ioctl_none_bad!(blkflsbuf, request_code_none!(0x12, 97));

/// Says that the device's pages are not needed any more.
#[derive(Debug)]
pub(super) struct Fadvise(File);

impl Fadvise {
    /// On this device.
    pub(super) fn new(disk: &Path) -> Result<Self, Trouble> {
        open(disk).map(Self)
    }
}

impl Request for Fadvise {
    fn make(&mut self) -> Result<Duration, Trouble> {
        let start = Instant::now();

        posix_fadvise(&self.0, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
            .doing("POSIX_FADV_DONTNEED")?;
        Ok(start.elapsed())
    }
}

/// Flushes the device's buffers.
#[derive(Debug)]
pub(super) struct FlushBuffers(File);

impl FlushBuffers {
    /// On this device.
    pub(super) fn new(disk: &Path) -> Result<Self, Trouble> {
        open(disk).map(Self)
    }
}

impl Request for FlushBuffers {
    fn make(&mut self) -> Result<Duration, Trouble> {
        let start = Instant::now();

        // SAFETY: The request takes no argument.
        unsafe { blkflsbuf(self.0.as_raw_fd()) }.doing("BLKFLSBUF")?;
        Ok(start.elapsed())
    }
}

fn open(disk: &Path) -> Result<File, Trouble> {
    File::open(disk)
        .map_err(|error| Trouble::fail(format!("can't open {}: {error}", disk.display())))
}
