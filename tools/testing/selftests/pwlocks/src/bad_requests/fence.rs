// SPDX-License-Identifier: GPL-2.0

//! Addresses that a user must not give the kernel.

use crate::{doing::Doing as _, ktap::Trouble};
use nix::{
    sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap},
    unistd::{SysconfVar, sysconf},
};
use std::{ffi::c_void, num::NonZeroUsize, ptr::NonNull};

/// Two pages of memory, the second of which nobody may touch.
#[derive(Debug)]
pub struct Fence {
    start: NonNull<c_void>,
    page: NonZeroUsize,
}

impl Fence {
    /// Maps them.
    pub fn new() -> Result<Self, Trouble> {
        let page = sysconf(SysconfVar::PAGE_SIZE)?
            .and_then(|size| usize::try_from(size).ok())
            .and_then(NonZeroUsize::new)
            .ok_or("the page size is unknown")?;
        let length = page.checked_mul(NonZeroUsize::MIN.saturating_add(1));
        let length = length.ok_or("two pages are too much")?;
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;

        // SAFETY: A new mapping, at an address of the kernel's choice.
        let start = unsafe { mmap_anonymous(None, length, protection, MapFlags::MAP_PRIVATE) }
            .doing("mmap")?;
        let fence = Self { start, page };
        let second = NonNull::new(start.as_ptr().wrapping_byte_add(page.get()));
        let second = second.ok_or("the second page has address 0")?;
        // SAFETY: The page is within the mapping above, and nothing refers to it.
        unsafe { mprotect(second, page.get(), ProtFlags::PROT_NONE) }.doing("mprotect")?;
        Ok(fence)
    }

    /// Where the untouchable page begins.
    pub fn untouchable(&self) -> u64 {
        (self.start.as_ptr() as usize + self.page.get()) as u64
    }

    /// An address of which `size` bytes reach into the untouchable page.
    pub fn straddling(&self, size: usize) -> u64 {
        self.untouchable() - size.min(self.page.get()) as u64 / 2
    }

    /// A copy of `value` that can be read and not written.
    pub fn read_only<T: Copy>(&self, value: T) -> Result<u64, Trouble> {
        assert!(size_of::<T>() <= self.page.get());
        // SAFETY: The first page can be written, is large enough and as aligned as a page.
        unsafe { self.start.cast::<T>().write(value) };
        // SAFETY: The page is within the mapping; nothing refers to it.
        unsafe { mprotect(self.start, self.page.get(), ProtFlags::PROT_READ) }.doing("mprotect")?;
        Ok(self.start.as_ptr() as u64)
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        // SAFETY: The mapping is this value's, and nothing refers to it any more.
        let result = unsafe { munmap(self.start, 2 * self.page.get()) };
        if let Err(error) = result {
            eprintln!("munmap: {error}");
        }
    }
}

/// Addresses at which `size` bytes can neither be read nor written.
pub fn bad_addresses(fence: &Fence, size: usize) -> [u64; 6] {
    [
        0,
        fence.untouchable(),
        fence.straddling(size),
        // The kernel's half, between the halves, and the end of everything.
        0xffff_8880_0000_0000,
        0x8000_0000_0000_0000,
        u64::MAX - 7,
    ]
}
