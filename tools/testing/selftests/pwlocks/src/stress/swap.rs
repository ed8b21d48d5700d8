// SPDX-License-Identifier: GPL-2.0

//! Swap space in compressed memory, on the kernel's own zram.ko.

use super::Modules;
use crate::{doing::Doing as _, kernel_file, ktap::Trouble, memory::PAGE};
use nix::{errno::Errno, libc};
use std::{ffi::CStr, fs::OpenOptions, os::unix::fs::FileExt as _};

/// zram and, before it, what it needs.
const MODULES: [&str; 2] = ["lz4hc_compress", "zram"];

const DEVICE: &CStr = c"/dev/zram0";
const SETTINGS: &str = "/sys/block/zram0";

/// Its size, in bytes; memory is taken for what is swapped out only.
const SIZE: u64 = 64 << 20;

/// Swap space while this value lives.
#[derive(Debug)]
pub struct Swap {
    _modules: Modules,
}

impl Swap {
    /// Makes one. Skips where there is no zram.ko.
    pub fn on() -> Result<Self, Trouble> {
        let modules = Modules::load(&MODULES)?;
        let path = DEVICE.to_string_lossy();

        kernel_file::write(format!("{SETTINGS}/disksize"), &SIZE.to_string())?;
        let device = OpenOptions::new().write(true).open(&*path).doing(&path)?;
        device.write_all_at(&header(), 0)?;
        device.sync_all()?;
        drop(device);
        // SAFETY: A path that ends with a zero.
        let result = unsafe { libc::swapon(DEVICE.as_ptr(), 0) };
        Errno::result(result).doing("swapon")?;
        Ok(Self { _modules: modules })
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        // SAFETY: As above.
        let result = unsafe { libc::swapoff(DEVICE.as_ptr()) };
        if let Err(error) = Errno::result(result) {
            eprintln!("swapoff {DEVICE:?}: {error}");
        }
    }
}

/// The first page of a swap space: `union swap_header` of `include/linux/swap.h`.
fn header() -> [u8; PAGE] {
    const VERSION_AT: usize = 1024;
    const LAST_PAGE_AT: usize = 1028;
    const MAGIC: &[u8; 10] = b"SWAPSPACE2";

    let last_page = (SIZE / PAGE as u64 - 1) as u32;
    let mut header = [0; PAGE];
    header[VERSION_AT..][..4].copy_from_slice(&1_u32.to_ne_bytes());
    header[LAST_PAGE_AT..][..4].copy_from_slice(&last_page.to_ne_bytes());
    header[PAGE - MAGIC.len()..].copy_from_slice(MAGIC);
    header
}
