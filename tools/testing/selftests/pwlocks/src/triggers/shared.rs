// SPDX-License-Identifier: GPL-2.0

//! What the loop's process and the one that starts it tell each other: a page that both have.

use super::{
    largest::Largest,
    mapping::{Mapping, PAGE},
};
use crate::{doing::Doing as _, ktap::Trouble};
use nix::{
    sys::memfd::{MFdFlags, memfd_create},
    unistd::ftruncate,
};
use std::{
    ops::Deref,
    os::fd::{AsFd, OwnedFd},
    sync::atomic::{AtomicBool, AtomicU64},
};

/// The page's content; all zero at first.
#[derive(Debug)]
#[repr(C)]
pub(super) struct State {
    /// The loop is to end.
    pub(super) stop: AtomicBool,
    /// The number of the section in which gaps count; 0: they don't.
    pub(super) section: AtomicU64,
    /// Turns in which the loop touched new pages.
    pub(super) turns: AtomicU64,
    /// The longest times between two rounds of the loop in that section, in ticks of the time-stamp
    /// counter.
    pub(super) gaps: Largest,
    /// The same of the turns.
    pub(super) long_turns: Largest,
}

const _: () = assert!(size_of::<State>() <= PAGE);

/// The page.
#[derive(Debug)]
pub(super) struct Shared(Mapping);

impl Shared {
    /// A new page, and the file to have it by.
    pub(super) fn new() -> Result<(Self, OwnedFd), Trouble> {
        let file = memfd_create("pwlocks-loop", MFdFlags::MFD_CLOEXEC).doing("memfd_create")?;

        ftruncate(&file, PAGE as i64).doing("ftruncate")?;
        Ok((Self::of(&file)?, file))
    }

    /// The page of `file`.
    pub(super) fn of(file: impl AsFd) -> Result<Self, Trouble> {
        Mapping::shared(file).map(Self)
    }
}

impl Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        // SAFETY: As large as a page and aligned to one, and of atomics only, for which every value
        // is one that another process may have written.
        unsafe { self.0.page(0).cast().as_ref() }
    }
}
