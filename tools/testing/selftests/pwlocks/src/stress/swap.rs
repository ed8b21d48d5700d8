// SPDX-License-Identifier: GPL-2.0

//! A disk to swap to.

use crate::{
    doing::Doing as _,
    ktap::Trouble,
    live::{Disks, SIZE_KIB, disk_path},
    memory::PAGE,
};
use nix::{errno::Errno, libc};
use std::{ffi::CString, os::unix::fs::FileExt as _};

/// Swap space on a disk while this value lives.
#[derive(Debug)]
pub struct Swap {
    path: CString,
}

impl Swap {
    /// Swaps to disk `number`, whose content is lost.
    pub fn on(disks: &Disks, number: u32) -> Result<Self, Trouble> {
        let path = CString::new(disk_path(number)).map_err(Trouble::fail)?;
        let disk = disks.open(number)?;

        disk.file().write_all_at(&header(), 0)?;
        disk.file().sync_all()?;
        drop(disk);
        // SAFETY: A path that ends with a zero.
        let result = unsafe { libc::swapon(path.as_ptr(), 0) };
        Errno::result(result).doing("swapon")?;
        Ok(Self { path })
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        // SAFETY: As above.
        let result = unsafe { libc::swapoff(self.path.as_ptr()) };
        if let Err(error) = Errno::result(result) {
            eprintln!("swapoff {:?}: {error}", self.path);
        }
    }
}

/// The first page of a swap space: `union swap_header` of `include/linux/swap.h`.
fn header() -> [u8; PAGE] {
    const VERSION_AT: usize = 1024;
    const LAST_PAGE_AT: usize = 1028;
    const MAGIC: &[u8; 10] = b"SWAPSPACE2";

    let last_page = (SIZE_KIB * 1024 / PAGE as u64 - 1) as u32;
    let mut header = [0; PAGE];
    header[VERSION_AT..][..4].copy_from_slice(&1_u32.to_ne_bytes());
    header[LAST_PAGE_AT..][..4].copy_from_slice(&last_page.to_ne_bytes());
    header[PAGE - MAGIC.len()..].copy_from_slice(MAGIC);
    header
}
