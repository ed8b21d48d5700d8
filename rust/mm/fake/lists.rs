// SPDX-License-Identifier: GPL-2.0

//! Lists that a folio is on by saying so itself.

use super::folio::{
    Folio,
    Place, //
};
use crate::mm::lists;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// All lists, and the one lock of each group of them, which is not to be taken by two at once.
pub(crate) struct Lists {
    /// How often a group was locked.
    locked: Atomic<u32>,
    /// How many are now.
    held: Atomic<u32>,
    /// What must not happen, and did.
    mistakes: Atomic<u32>,
}

impl Lists {
    /// Makes empty lists.
    pub(crate) const fn new() -> Self {
        Self {
            locked: Atomic::new(0),
            held: Atomic::new(0),
            mistakes: Atomic::new(0),
        }
    }

    /// Returns how often a group was locked.
    pub(crate) fn times_locked(&self) -> u32 {
        self.locked.load(Relaxed)
    }

    /// Returns whether no lock is held, and none was while another one was taken, and whatever was
    /// put on a list was on none, and whatever was taken off was on one, both under its lock.
    pub(crate) fn in_order(&self) -> bool {
        self.held.load(Relaxed) == 0 && self.mistakes.load(Relaxed) == 0
    }

    fn expect(&self, good: bool) {
        if !good {
            self.mistakes.fetch_add(1, Relaxed);
        }
    }
}

impl lists::Lists for Lists {
    type Folio = Folio;
    type Locked<'a> = Locked<'a>;

    fn lock(&self, folio: &Folio) -> Locked<'_> {
        self.locked.fetch_add(1, Relaxed);
        self.expect(self.held.fetch_add(1, Relaxed) == 0);
        Locked {
            lists: self,
            group: folio.group(),
        }
    }
}

/// The lists of one group, locked.
pub(crate) struct Locked<'a> {
    lists: &'a Lists,
    group: u32,
}

impl Locked<'_> {
    fn put_on(&mut self, folio: &Folio, place: Place) {
        self.lists.expect(folio.group() == self.group);
        self.lists.expect(folio.put_at(place) == Place::Nowhere);
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.lists.held.fetch_sub(1, Relaxed);
    }
}

impl lists::LockedLists for Locked<'_> {
    type Folio = Folio;

    fn covers(&self, folio: &Folio) -> bool {
        folio.group() == self.group
    }

    fn add(&mut self, folio: &Folio) {
        self.put_on(folio, Place::Head);
    }

    fn add_tail(&mut self, folio: &Folio) {
        self.put_on(folio, Place::Tail);
    }

    fn del(&mut self, folio: &Folio) {
        self.lists.expect(folio.group() == self.group);
        self.lists
            .expect(folio.put_at(Place::Nowhere) != Place::Nowhere);
    }
}
