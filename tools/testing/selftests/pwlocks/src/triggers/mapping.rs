// SPDX-License-Identifier: GPL-2.0

//! Memory of this process, by pages.

use crate::{doing::Doing as _, ktap::Trouble, memory::has_huge_pages};
use nix::{
    libc::c_void,
    sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, munmap},
};
use std::{num::NonZeroUsize, ops::Range, os::fd::AsFd, ptr::NonNull};

/// Bytes of a page.
pub(super) const PAGE: usize = 4096;

const READ_WRITE: ProtFlags = ProtFlags::PROT_READ.union(ProtFlags::PROT_WRITE);

/// Pages that are mapped until this value is gone.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<c_void>,
    length: NonZeroUsize,
}

// SAFETY: The address is valid in all threads.
unsafe impl Send for Mapping {}

// SAFETY: With a shared reference no more can be done than to compute addresses.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Anonymous memory of so many small pages: huge ones bypass the batches.
    pub(super) fn anonymous(pages: usize) -> Result<Self, Trouble> {
        let length = length_of(pages)?;
        // SAFETY: The kernel chooses an address where nothing is.
        let start = unsafe { mmap_anonymous(None, length, READ_WRITE, MapFlags::MAP_PRIVATE) };
        let mut mapping = Self {
            start: start.doing("mmap")?,
            length,
        };

        if has_huge_pages() {
            mapping.advise(0..pages, MmapAdvise::MADV_NOHUGEPAGE)?;
        }
        Ok(mapping)
    }

    /// The first page of a file, for all who map it.
    pub(super) fn shared(file: impl AsFd) -> Result<Self, Trouble> {
        let length = length_of(1)?;
        // SAFETY: The kernel chooses an address where nothing is.
        let start = unsafe { mmap(None, length, READ_WRITE, MapFlags::MAP_SHARED, file, 0) };

        Ok(Self {
            start: start.doing("mmap")?,
            length,
        })
    }

    /// Where a page starts.
    pub(super) fn page(&self, index: usize) -> NonNull<c_void> {
        assert!(index < self.length.get() / PAGE);
        // SAFETY: Inside the mapping.
        unsafe { self.start.byte_add(index * PAGE) }
    }

    /// Writes to a page, so that there is one.
    pub(super) fn touch(&mut self, index: usize) {
        let byte = self.page(index).cast::<u8>();
        // SAFETY: Mapped memory that nobody refers to.
        unsafe { byte.write_volatile(1) };
    }

    /// Tells the kernel something about pages.
    pub(super) fn advise(
        &mut self,
        pages: Range<usize>,
        advice: MmapAdvise,
    ) -> Result<(), Trouble> {
        if pages.is_empty() {
            return Ok(());
        }
        let start = self.page(pages.start);
        // SAFETY: Pages of the mapping, whose content nobody relies on.
        unsafe { madvise(start, pages.len() * PAGE, advice) }.doing(format_args!("{advice:?}"))
    }
}

fn length_of(pages: usize) -> Result<NonZeroUsize, Trouble> {
    NonZeroUsize::new(pages * PAGE).ok_or_else(|| "a mapping of no page".into())
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: Nobody refers to it any more.
        if let Err(error) = unsafe { munmap(self.start, self.length.get()) } {
            eprintln!("munmap: {error}");
        }
    }
}
