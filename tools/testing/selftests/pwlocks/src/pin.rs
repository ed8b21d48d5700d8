// SPDX-License-Identifier: GPL-2.0

//! Which CPU a thread runs on.

use crate::{doing::Doing as _, ktap::Trouble};
use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

/// This thread, to the functions that take a thread's number.
const THIS: Pid = Pid::from_raw(0);

/// Keeps this thread on `cpu` from now on; [`Errno::EINVAL`] if that is offline.
pub fn to(cpu: usize) -> Result<(), Errno> {
    let mut set = CpuSet::new();

    set.set(cpu)?;
    sched_setaffinity(THIS, &set)
}

/// [`to`], for now and then: a CPU that goes down sheds its threads, and they have to be brought back.
/// While it is offline this does nothing.
pub fn back_to(cpu: usize) -> Result<(), Errno> {
    match to(cpu) {
        Err(Errno::EINVAL) => Ok(()),
        result => result,
    }
}

/// This thread on one CPU, and where it was before once this value is gone.
#[derive(Debug)]
pub struct Pinned(CpuSet);

impl Pinned {
    /// Keeps this thread on `cpu`.
    pub fn to(cpu: usize) -> Result<Self, Trouble> {
        let before = sched_getaffinity(THIS).doing("sched_getaffinity")?;

        to(cpu).doing(format_args!("can't run on CPU {cpu}"))?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if let Err(error) = sched_setaffinity(THIS, &self.0) {
            eprintln!("can't undo the pinning of a thread: {error}");
        }
    }
}
