// SPDX-License-Identifier: GPL-2.0

//! A RAM disk of the kernel's own brd.ko: page cache of a block device, and of a file system.

use crate::{doing::Doing as _, ktap::Trouble, module::Module};
use nix::{
    errno::Errno,
    fcntl::{PosixFadviseAdvice, posix_fadvise},
    libc,
    sys::stat::{Mode, SFlag, makedev, mknod},
};
use std::{
    fs::{File, OpenOptions},
    io,
    os::fd::AsRawFd as _,
    path::Path,
};

/// The disks' size, in KiB; memory is taken for what is written only.
const SIZE_KIB: u64 = 48 * 1024;

/// The major number of RAM disks.
const MAJOR: u64 = 1;

/// The disks, which are there until this value is gone.
#[derive(Debug)]
pub struct Disks {
    module: Module,
}

impl Disks {
    /// Makes two. Skips where there is no brd.ko.
    pub fn make() -> Result<Self, Trouble> {
        let module = Module::need("brd", &format!("rd_nr=2 rd_size={SIZE_KIB}"))?;

        Ok(Self { module })
    }

    /// Opens one of them for reading and writing.
    pub fn open(&self, number: u32) -> Result<Disk, Trouble> {
        let path = path(number);
        if !Path::new(&path).exists() {
            let device = makedev(MAJOR, number.into());
            mknod(
                &*path,
                SFlag::S_IFBLK,
                Mode::S_IRUSR | Mode::S_IWUSR,
                device,
            )
            .doing(format_args!("mknod {path}"))?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error: io::Error| Trouble::fail(format!("can't open {path}: {error}")))?;

        Ok(Disk { file })
    }

    /// Removes them now.
    pub fn remove(self) -> Result<(), Trouble> {
        self.module.unload().doing("rmmod brd")
    }
}

/// Where a disk is.
pub fn path(number: u32) -> String {
    format!("/dev/ram{number}")
}

/// An open disk.
#[derive(Debug)]
pub struct Disk {
    file: File,
}

impl Disk {
    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// `posix_fadvise(DONTNEED)` for all of it.
    pub fn dont_need(&self) -> Result<(), Trouble> {
        posix_fadvise(&self.file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
            .doing("posix_fadvise")
    }

    /// Writes everything back and drops the cache (`BLKFLSBUF`).
    pub fn flush_buffers(&self) -> Result<(), Trouble> {
        const BLKFLSBUF: libc::Ioctl = 0x1261;

        // SAFETY: The call takes no argument.
        let result = unsafe { libc::ioctl(self.file.as_raw_fd(), BLKFLSBUF, 0) };
        Errno::result(result).map(drop).doing("BLKFLSBUF")
    }
}
