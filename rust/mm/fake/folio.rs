// SPDX-License-Identifier: GPL-2.0

//! A folio without pages.

use crate::mm::folio::{
    self,
    Flag, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
};

/// Where on the lists a folio is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Place {
    Nowhere,
    Head,
    Tail,
}

/// What does not change about a folio.
#[derive(Clone, Copy, Default)]
pub(crate) struct Nature {
    /// The group of lists that it belongs to.
    pub(crate) group: u32,
    pub(crate) anon: bool,
    pub(crate) swapcache: bool,
    pub(crate) mapped: bool,
    /// Its mapping is exempt from reclaim.
    pub(crate) pinned: bool,
    pub(crate) large: bool,
}

/// A folio.
#[repr(align(4))]
pub(crate) struct Folio {
    nature: Nature,
    flags: Atomic<u32>,
    refs: Atomic<i32>,
    mlock_count: Atomic<u32>,
    place: Atomic<u32>,
    /// How often it was put on a list.
    listed: Atomic<u32>,
}

const fn bit(flag: Flag) -> u32 {
    1 << flag as u32
}

impl Folio {
    /// Makes one that has one reference and `flags`.
    pub(crate) fn new(nature: Nature, flags: &[Flag]) -> Result<KBox<Self>> {
        let folio = Self {
            nature,
            flags: Atomic::new(flags.iter().fold(0, |bits, &flag| bits | bit(flag))),
            refs: Atomic::new(1),
            mlock_count: Atomic::new(0),
            place: Atomic::new(Place::Nowhere as u32),
            listed: Atomic::new(0),
        };

        Ok(KBox::new(folio, GFP_KERNEL)?)
    }

    /// Makes one of a file, like most in the tests.
    pub(crate) fn file(flags: &[Flag]) -> Result<KBox<Self>> {
        Self::new(Nature::default(), flags)
    }

    /// Makes one that is on a list already.
    pub(crate) fn listed(nature: Nature, flags: &[Flag]) -> Result<KBox<Self>> {
        let folio = Self::new(nature, flags)?;

        folio::Folio::set(&*folio, Flag::Lru);
        folio.place.store(Place::Head as u32, Relaxed);
        Ok(folio)
    }

    /// Returns the group of lists that it belongs to.
    pub(crate) fn group(&self) -> u32 {
        self.nature.group
    }

    /// Returns whether `flags` are all that are set.
    pub(crate) fn has_just(&self, flags: &[Flag]) -> bool {
        self.flags.load(Relaxed) == flags.iter().fold(0, |bits, &flag| bits | bit(flag))
    }

    /// Returns whether it has the flags that `other` has.
    pub(crate) fn has_flags_of(&self, other: &Self) -> bool {
        self.flags.load(Relaxed) == other.flags.load(Relaxed)
    }

    /// Returns how many references there are.
    pub(crate) fn refs(&self) -> i32 {
        self.refs.load(Relaxed)
    }

    /// Takes one reference away. What has none left stays until the test drops it.
    pub(crate) fn put(&self) {
        self.refs.fetch_sub(1, Full);
    }

    /// Returns how often it was put on a list.
    pub(crate) fn times_listed(&self) -> u32 {
        self.listed.load(Relaxed)
    }

    /// Returns where it is.
    pub(crate) fn place(&self) -> Place {
        match self.place.load(Relaxed) {
            0 => Place::Nowhere,
            1 => Place::Head,
            _ => Place::Tail,
        }
    }

    /// Puts it somewhere and returns where it was.
    pub(super) fn put_at(&self, place: Place) -> Place {
        let was = self.place();

        self.place.store(place as u32, Relaxed);
        if place != Place::Nowhere {
            self.listed.fetch_add(1, Relaxed);
        }
        was
    }

    /// Changes the flags in one go and returns whether `flag` was set.
    fn update(&self, flag: Flag, new: impl Fn(u32) -> u32) -> bool {
        let mut old = self.flags.load(Relaxed);

        loop {
            match self.flags.cmpxchg(old, new(old), Full) {
                Ok(old) => return old & bit(flag) != 0,
                Err(now) => old = now,
            }
        }
    }
}

// SAFETY: Tests keep a folio for as long as a batch has it, and it is aligned to four bytes.
unsafe impl folio::Folio for Folio {
    fn test(&self, flag: Flag) -> bool {
        self.flags.load(Relaxed) & bit(flag) != 0
    }

    fn set(&self, flag: Flag) {
        self.test_and_set(flag);
    }

    fn clear(&self, flag: Flag) {
        self.test_and_clear(flag);
    }

    fn test_and_set(&self, flag: Flag) -> bool {
        self.update(flag, |flags| flags | bit(flag))
    }

    fn test_and_clear(&self, flag: Flag) -> bool {
        self.update(flag, |flags| flags & !bit(flag))
    }

    fn is_anon(&self) -> bool {
        self.nature.anon
    }

    fn is_swapcache(&self) -> bool {
        self.nature.swapcache
    }

    fn may_be_cached(&self) -> bool {
        !self.nature.large
    }

    fn inc_ref(&self) {
        self.refs.fetch_add(1, Relaxed);
    }
}

impl folio::Listed for Folio {
    fn is_mapped(&self) -> bool {
        self.nature.mapped
    }

    fn is_mapping_unevictable(&self) -> bool {
        self.nature.pinned
    }

    fn try_freeze(&self) -> bool {
        self.refs.cmpxchg(1, 0, Full).is_ok()
    }

    fn mlock_count(&self) -> u32 {
        self.mlock_count.load(Relaxed)
    }

    fn set_mlock_count(&self, count: u32) {
        self.mlock_count.store(count, Relaxed);
    }
}
