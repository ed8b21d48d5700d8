// SPDX-License-Identifier: GPL-2.0

//! What this task runs of the code that is built to be traced: Documentation/dev-tools/kcov.rst.

use crate::coverage::{self, Coverage};
use nix::{
    ioctl_write_int_bad,
    libc::c_int,
    request_code_none, request_code_read,
    sys::mman::{MapFlags, ProtFlags, mmap, munmap},
};
use selftests::{doing::Doing as _, kernel_file, ktap::Trouble};
use std::{
    ffi::c_void,
    fs::{File, OpenOptions},
    num::NonZero,
    os::fd::AsRawFd as _,
    path::Path,
    ptr::NonNull,
};

/// The numbers kept of an episode, whole pages of them: how many addresses there are, and these.
const WORDS: usize = 1 << 21;

/// Addresses that there is room for; what comes after is not noted.
const ADDRESSES: usize = WORDS - 1;

/// To be told where each branch goes.
const TRACE_PC: c_int = 0;

ioctl_write_int_bad!(init_trace, request_code_read!(b'c', 1, size_of::<u64>()));
ioctl_write_int_bad!(enable, request_code_none!(b'c', 100));
ioctl_write_int_bad!(disable, request_code_none!(b'c', 101));

/// A task's trace.
pub(crate) struct Kcov {
    file: File,
    words: NonNull<c_void>,
    length: NonZero<usize>,
    /// How often there was no room for all.
    cut: u64,
}

impl Kcov {
    /// Makes one; `None` if the kernel has no kcov.
    pub(crate) fn open() -> Result<Option<Self>, Trouble> {
        let path = kernel_file::debugfs("kcov");
        if !Path::new(&path).exists() {
            return Ok(None);
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .doing(&path)?;
        let words = c_int::try_from(WORDS).map_err(|_| "too many addresses")?;
        // SAFETY: Takes a number.
        unsafe { init_trace(file.as_raw_fd(), words) }.doing("KCOV_INIT_TRACE")?;
        let length = NonZero::new(WORDS * size_of::<u64>()).ok_or("nothing to map")?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: The kernel chooses the place, so nothing else is there.
        let words = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &file, 0) };

        Ok(Some(Self {
            file,
            words: words.doing("mmap of kcov")?,
            length,
            cut: 0,
        }))
    }

    /// How often more was run than there was room for, so that the rest is not known.
    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }

    /// Does something and says what was run for it of the modules that are loaded then.
    pub(crate) fn during<T>(&mut self, f: impl FnOnce() -> T) -> Result<(T, Coverage), Trouble> {
        let count = self.words.cast::<u64>().as_ptr();
        // SAFETY: Takes a number.
        unsafe { enable(self.file.as_raw_fd(), TRACE_PC) }.doing("KCOV_ENABLE")?;
        // SAFETY: The first of the words that are mapped. Only this task's system calls change it.
        unsafe { count.write_volatile(0) };
        let done = f();
        // SAFETY: As above.
        let noted = unsafe { count.read_volatile() };
        // SAFETY: Takes a number.
        unsafe { disable(self.file.as_raw_fd(), 0) }.doing("KCOV_DISABLE")?;
        let noted = usize::try_from(noted).map_or(ADDRESSES, |noted| noted.min(ADDRESSES));
        self.cut += u64::from(noted == ADDRESSES);
        let addresses = (1..=noted)
            // SAFETY: No more than the words that are mapped.
            .map(|at| unsafe { count.add(at) })
            // SAFETY: As above; the trace is over.
            .map(|word| unsafe { word.read() });
        let modules = kernel_file::read("/proc/modules")?;

        Ok((done, Coverage::of(&coverage::modules(&modules), addresses)))
    }
}

impl Drop for Kcov {
    fn drop(&mut self) {
        // SAFETY: Mapped by `open()`, and nobody has the address any more.
        let unmapped = unsafe { munmap(self.words, self.length.get()) };
        debug_assert_eq!(unmapped, Ok(()));
    }
}
