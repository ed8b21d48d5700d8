// SPDX-License-Identifier: GPL-2.0

//! Memory of this process that can be touched, advised on and locked page by page.

use crate::{doing::Doing as _, ktap::Trouble};
use nix::{
    errno::Errno,
    libc,
    sys::mman::{
        MapFlags, MmapAdvise, ProtFlags, madvise, mlock, mmap, mmap_anonymous, mprotect, munlock,
        munmap,
    },
};
use std::{ffi::c_void, num::NonZero, ops::Range, os::fd::AsFd, path::Path, ptr::NonNull};

/// Bytes of a page, on x86.
pub const PAGE: usize = 4096;

/// Pages that are mapped until this value is gone.
#[derive(Debug)]
pub struct Memory {
    start: NonNull<c_void>,
    pages: usize,
    /// Pages before it and as many after it that nobody can access.
    margin: usize,
}

// SAFETY: The memory is only accessed by volatile writes and reads of single bytes, whose values
// nobody relies on.
unsafe impl Send for Memory {}

// SAFETY: As above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Maps private anonymous memory, in single pages.
    pub fn anonymous(pages: usize) -> Result<Self, Trouble> {
        Self::with_margin(pages, 0, access())
    }

    /// The same, but none that the kernel takes for one area with another thread's next to it.
    ///
    /// While one of two such threads mlocks its part, the kernel marks the whole area so that folios of
    /// it are not mlocked, and one that it migrates just then loses its flag, whoever's part it is in
    /// (`mlock_vma_pages_range()`, `mlock_vma_folio()`).
    pub fn apart(pages: usize) -> Result<Self, Trouble> {
        let memory = Self::with_margin(pages, 1, ProtFlags::PROT_NONE)?;

        // SAFETY: The memory is ours, and nothing refers to it yet.
        unsafe { mprotect(memory.start, pages * PAGE, access()) }.doing("mprotect")?;
        Ok(memory)
    }

    fn with_margin(pages: usize, margin: usize, access: ProtFlags) -> Result<Self, Trouble> {
        let length = length(pages + 2 * margin)?;
        // SAFETY: The kernel chooses the place, so nothing else is there.
        let start = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE) };
        // SAFETY: Within the mapping.
        let start = unsafe { start.doing("mmap")?.byte_add(margin * PAGE) };
        let memory = Self {
            start,
            pages,
            margin,
        };

        // A huge page goes to its list at once, and is not what is tested here.
        if has_huge_pages() {
            memory
                .advise(MmapAdvise::MADV_NOHUGEPAGE)
                .doing("MADV_NOHUGEPAGE")?;
        }
        Ok(memory)
    }

    /// Maps the beginning of a file.
    pub fn of_file(file: impl AsFd, pages: usize) -> Result<Self, Trouble> {
        let length = length(pages)?;
        // SAFETY: As above.
        let start = unsafe { mmap(None, length, access(), MapFlags::MAP_SHARED, file, 0) };
        let memory = Self {
            start: start.doing("mmap of a file")?,
            pages,
            margin: 0,
        };

        // Otherwise one fault brings in the neighbours as well, in large folios.
        memory
            .advise(MmapAdvise::MADV_RANDOM)
            .doing("MADV_RANDOM")?;
        Ok(memory)
    }

    /// Where it is.
    pub fn address(&self) -> usize {
        self.start.as_ptr().addr()
    }

    /// How many pages it has.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Writes to every page.
    pub fn touch(&self) {
        self.touch_first(self.pages);
    }

    /// Writes to the first pages.
    pub fn touch_first(&self, pages: usize) {
        self.touch_some(0..pages);
    }

    /// Writes to some pages.
    pub fn touch_some(&self, pages: Range<usize>) {
        for page in pages.start..pages.end.min(self.pages) {
            let byte = self.start.as_ptr().cast::<u8>().wrapping_add(page * PAGE);
            // SAFETY: Within the mapping, which is writable.
            unsafe { byte.write_volatile(1) };
        }
    }

    /// Reads from every page.
    pub fn read(&self) {
        for page in 0..self.pages {
            let byte = self.start.as_ptr().cast::<u8>().wrapping_add(page * PAGE);
            // SAFETY: Within the mapping, which is readable.
            unsafe { byte.read_volatile() };
        }
    }

    /// `madvise()` for all of it.
    pub fn advise(&self, advice: MmapAdvise) -> Result<(), Errno> {
        // SAFETY: The memory is ours, and what it holds does not matter.
        unsafe { madvise(self.start, self.pages * PAGE, advice) }
    }

    /// `mlock()` for its first pages.
    pub fn lock(&self, pages: usize) -> Result<(), Errno> {
        // SAFETY: The memory is ours.
        unsafe { mlock(self.start, pages.min(self.pages) * PAGE) }
    }

    /// `mlock2(MLOCK_ONFAULT)` for all of it: a page is locked when it is touched.
    pub fn lock_on_fault(&self) -> Result<(), Errno> {
        // SAFETY: The memory is ours.
        let result = unsafe {
            libc::mlock2(
                self.start.as_ptr(),
                self.pages * PAGE,
                libc::MLOCK_ONFAULT as _,
            )
        };
        Errno::result(result).map(drop)
    }

    /// `munlock()` for its first pages.
    pub fn unlock(&self, pages: usize) -> Result<(), Errno> {
        // SAFETY: The memory is ours.
        unsafe { munlock(self.start, pages.min(self.pages) * PAGE) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: Where the mapping begins.
        let start = unsafe { self.start.byte_sub(self.margin * PAGE) };
        // SAFETY: Nothing refers to the memory any more.
        let result = unsafe { munmap(start, (self.pages + 2 * self.margin) * PAGE) };
        if let Err(error) = result {
            eprintln!("munmap: {error}");
        }
    }
}

/// Whether the kernel knows of huge pages and advice on them, which PREEMPT_RT does not.
pub fn has_huge_pages() -> bool {
    Path::new("/sys/kernel/mm/transparent_hugepage").exists()
}

fn access() -> ProtFlags {
    ProtFlags::PROT_READ | ProtFlags::PROT_WRITE
}

fn length(pages: usize) -> Result<NonZero<usize>, Trouble> {
    NonZero::new(pages * PAGE).ok_or_else(|| Trouble::fail("no page is asked for"))
}

#[cfg(test)]
mod tests {
    use super::{Memory, PAGE};
    use std::{fs, ops::Range};

    /// The areas of this process's memory that are in or next to `memory`, and their access rights.
    fn areas(memory: &Memory) -> Vec<(Range<usize>, String)> {
        let (first, end) = (memory.address(), memory.address() + memory.pages() * PAGE);
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let area = |line: &str| {
            let (start, rest) = line.split_once('-')?;
            let (end, rest) = rest.split_once(' ')?;
            let address = |text| usize::from_str_radix(text, 16).ok();
            Some((address(start)?..address(end)?, rest.get(..4)?.to_owned()))
        };
        let all = maps.lines().map(|line| area(line).unwrap());
        all.filter(|(area, _)| area.start <= end && first <= area.end)
            .collect()
    }

    #[test]
    fn what_is_apart_is_an_area_of_its_own() {
        let memory = Memory::apart(3).unwrap();
        memory.touch();
        let areas = areas(&memory);
        let range = memory.address()..memory.address() + 3 * PAGE;
        let at = areas.iter().position(|(area, _)| *area == range).unwrap();
        assert_eq!(areas[at].1, "rw-p");
        assert_eq!((&*areas[at - 1].1, &*areas[at + 1].1), ("---p", "---p"));
    }
}
