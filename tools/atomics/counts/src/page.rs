// SPDX-License-Identifier: GPL-2.0

//! The page that the plugin writes and the guest reads.

use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use std::{
    fs::File,
    io,
    num::NonZero,
    sync::atomic::{AtomicU64, Ordering},
};

/// Bytes of the page.
pub const SIZE: usize = 4096;

/// What the page begins with once a plugin has it.
const MAGIC: u64 = u64::from_le_bytes(*b"pw.count");

/// As many CPUs as there is room for.
const CPUS: usize = SIZE / size_of::<Slot>() - 1;

/// What one CPU has executed since it was made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// How often it has asked for its counts, this time included.
    pub marks: u64,
    /// All instructions, without the marks.
    pub instructions: u64,
    /// The atomic ones among them: those with a LOCK prefix, and XCHG with memory.
    pub atomics: u64,
}

/// One CPU's counts, as they were at its last mark.
///
/// Only the thread that runs the CPU writes them, while the CPU waits in the mark. So a task that
/// stays on that CPU always finds them complete.
#[derive(Debug)]
#[repr(C)]
pub struct Slot {
    marks: AtomicU64,
    instructions: AtomicU64,
    atomics: AtomicU64,
    unused: AtomicU64,
}

impl Slot {
    /// Reads them.
    pub fn read(&self) -> Counts {
        Counts {
            marks: self.marks.load(Ordering::Relaxed),
            instructions: self.instructions.load(Ordering::Relaxed),
            atomics: self.atomics.load(Ordering::Relaxed),
        }
    }

    /// Replaces them at a mark of the CPU.
    pub fn write(&self, instructions: u64, atomics: u64) {
        self.instructions.store(instructions, Ordering::Relaxed);
        self.atomics.store(atomics, Ordering::Relaxed);
        self.marks.fetch_add(1, Ordering::Relaxed);
    }
}

/// The page. All zeroes before a plugin has it.
#[derive(Debug)]
#[repr(C)]
pub struct Page {
    magic: AtomicU64,
    unused: [AtomicU64; 3],
    slots: [Slot; CPUS],
}

const _: () = assert!(size_of::<Page>() == SIZE);

impl Page {
    /// Maps the page for reading, for as long as the process lives. `None` if it is not a plugin's.
    pub fn read_only(file: &File) -> io::Result<Option<&'static Self>> {
        let page = map(file, ProtFlags::PROT_READ)?;

        Ok((page.magic.load(Ordering::Relaxed) == MAGIC).then_some(page))
    }

    /// Maps the page for writing, for as long as the process lives, with all counts zero. The file
    /// gets its size.
    pub fn create(file: &File) -> io::Result<&'static Self> {
        // Cut off first: what is added to a file is zeroes.
        file.set_len(0)?;
        file.set_len(SIZE as u64)?;
        let page = map(file, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE)?;

        page.magic.store(MAGIC, Ordering::Relaxed);
        Ok(page)
    }

    /// The slot of a CPU, by QEMU's and Linux' number of it; `None` if there is no room for it.
    pub fn slot(&self, cpu: usize) -> Option<&Slot> {
        self.slots.get(cpu)
    }
}

fn map(file: &File, access: ProtFlags) -> io::Result<&'static Page> {
    let length = NonZero::new(SIZE).ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: The kernel chooses the place, so nothing else is there.
    let start = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, file, 0) }?;

    // SAFETY: The mapping is as long as the page, begins at a multiple of 4096, and is never undone.
    // Everything in it is atomic, with no value that is not allowed; whoever maps it for reading only
    // has no reason to write, and a file that is made shorter is the death of the process, but no
    // wrong value.
    Ok(unsafe { start.cast().as_ref() })
}

#[cfg(test)]
mod tests {
    use super::{Counts, Page, SIZE};
    use std::fs::File;

    fn file() -> File {
        // Without a name, so nobody has to remove it.
        nix::sys::memfd::memfd_create(c"counts", nix::sys::memfd::MFdFlags::empty())
            .unwrap()
            .into()
    }

    #[test]
    fn what_is_written_is_read() {
        let file = file();
        let written = Page::create(&file).unwrap();
        let read = Page::read_only(&file).unwrap().unwrap();
        let counts = |cpu| read.slot(cpu).unwrap().read();

        assert_eq!(counts(1), Counts::default());
        written.slot(1).unwrap().write(70, 3);
        written.slot(1).unwrap().write(90, 4);
        let expected = Counts {
            marks: 2,
            instructions: 90,
            atomics: 4,
        };
        assert_eq!(counts(1), expected);
        assert_eq!(counts(0), Counts::default());
        assert!(read.slot(126).is_some());
        assert!(read.slot(127).is_none());
    }

    #[test]
    fn a_guest_that_is_booted_again_counts_from_zero() {
        let file = file();

        Page::create(&file).unwrap().slot(0).unwrap().write(1, 1);
        let again = Page::create(&file).unwrap();
        assert_eq!(again.slot(0).unwrap().read(), Counts::default());
    }

    #[test]
    fn other_memory_is_not_taken_for_it() {
        let file = file();

        file.set_len(SIZE as u64).unwrap();
        assert!(Page::read_only(&file).unwrap().is_none());
    }
}
