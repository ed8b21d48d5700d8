// SPDX-License-Identifier: GPL-2.0

//! Reads and writes with a buffer that can't be accessed, and errors of these and others.

use fastrand::Rng;
use nix::{errno::Errno, libc};
use selftests::{
    bad_requests::{Fence, bad_addresses},
    ktap::Trouble,
};
use std::{fs::File, io, os::fd::AsRawFd as _};

/// More than a page, which is the most that some files take at once.
const LONGEST: usize = 5000;

/// `read()` to a bad address.
pub(crate) fn read(file: &File, rng: &mut Rng) -> Result<io::Result<usize>, Trouble> {
    let (_fence, address, size) = choose(rng)?;
    // SAFETY: Nothing can be written there.
    let read = unsafe { libc::read(file.as_raw_fd(), address as *mut _, size) };

    Ok(result(read))
}

/// `write()` from a bad address.
pub(crate) fn write(file: &File, rng: &mut Rng) -> Result<io::Result<usize>, Trouble> {
    let (_fence, address, size) = choose(rng)?;
    // SAFETY: Nothing can be read there.
    let written = unsafe { libc::write(file.as_raw_fd(), address as *const _, size) };

    Ok(result(written))
}

/// An address and a length. Where a part can be accessed, some files do that part: not here.
fn choose(rng: &mut Rng) -> Result<(Fence, u64, usize), Trouble> {
    let fence = Fence::new()?;
    let size = rng.usize(1..LONGEST);
    let partly = fence.straddling(size);
    let mut all = bad_addresses(&fence, size).to_vec();

    all.retain(|&address| address != partly);
    let address = all[rng.usize(..all.len())];
    Ok((fence, address, size))
}

fn result(returned: isize) -> io::Result<usize> {
    usize::try_from(returned).map_err(|_| io::Error::last_os_error())
}

/// The number of an error.
pub(crate) fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
