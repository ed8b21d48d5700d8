// SPDX-License-Identifier: GPL-2.0

//! The second kind of per-CPU cache, standing for the buffer-head LRUs of `fs/buffer.c`.
//!
//! Each CPU keeps references to the folios it used last. Only the CPU itself touches its cache, by
//! [`PwLock::lock_local`]; it is emptied by work on that CPU in both modes. That makes it the user
//! of per-CPU state that the series leaves alone, see patch 2/4.

use crate::{
    folio::Folio,
    mm::folio::Ref, //
};
use core::ptr;
use kernel::prelude::*;
use pwlocks::{
    cpu::Cpu,
    lock::PwLock,
    new_pw_lock,
    owner::Owner, //
};

/// The slots of a cache (`BH_LRU_SIZE`).
const SIZE: usize = 16;

/// One CPU's cache, the last used first.
///
/// # Invariants
///
/// The first `len` slots are `Some`, the others `None`.
struct BhLru {
    len: u32,
    slots: [Option<Ref<Folio>>; SIZE],
}

impl BhLru {
    const fn new() -> Self {
        Self {
            len: 0,
            slots: [const { None }; SIZE],
        }
    }

    fn set_len(&mut self, len: usize) {
        // WRITE_ONCE(): pairs with `peek_len()`.
        //
        // SAFETY: The field is ours to write.
        unsafe { ptr::write_volatile(&raw mut self.len, len as u32) };
    }

    /// # Safety
    ///
    /// `this` must point to a cache that may be in use by others.
    unsafe fn peek_len(this: *const Self) -> u32 {
        // READ_ONCE(): the CPU may be writing.
        //
        // SAFETY: By the function's requirements.
        unsafe { ptr::read_volatile(&raw const (*this).len) }
    }

    /// Puts `folio` first and returns what falls out: the last, or the folio's old slot.
    fn install(&mut self, folio: Ref<Folio>) -> Option<Ref<Folio>> {
        let known = self.slots[..self.len as usize]
            .iter()
            .position(|slot| slot.as_ref().is_some_and(|f| ptr::eq(&**f, &*folio)));
        // Everything before that slot moves by one.
        let last = known.unwrap_or((self.len as usize).min(SIZE - 1));

        self.slots[..=last].rotate_right(1);
        let out = self.slots[0].replace(folio);

        self.set_len(self.slots.iter().flatten().count());
        out
    }

    /// Empties the cache, which does not look empty before the last reference is put.
    fn invalidate(&mut self, put: impl FnMut(Ref<Folio>)) {
        self.slots.iter_mut().filter_map(Option::take).for_each(put);
        self.set_len(0);
    }
}

/// Every possible CPU's cache.
pub(crate) struct BhLrus(PwLock<BhLru>);

impl BhLrus {
    /// Makes empty caches. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(new_pw_lock!(|_| BhLru::new(), "bh_lrus")?))
    }

    /// Notes on this CPU that `folio` was used (`bh_lru_install()`). Returns a reference to be put.
    pub(crate) fn install(&self, folio: Ref<Folio>) -> Option<Ref<Folio>> {
        self.0.lock_local().install(folio)
    }

    /// Empties this CPU's cache and gives the references to `put`.
    pub(crate) fn invalidate(&self, put: impl FnMut(Ref<Folio>)) {
        self.0.lock_local().invalidate(put);
    }

    /// Empties a dead CPU's cache.
    pub(crate) fn invalidate_dead(&self, owner: &Owner<'_>, put: impl FnMut(Ref<Folio>)) {
        // A dead CPU's lock is never refused.
        if let Some(mut lru) = self.0.lock(owner) {
            lru.invalidate(put);
        }
    }

    /// Returns how many slots of `cpu` are in use, without a lock.
    pub(crate) fn peek_len(&self, cpu: Cpu) -> u32 {
        let peek = |lru| {
            // SAFETY: It is a cache, if one in use.
            unsafe { BhLru::peek_len(lru) }
        };

        // SAFETY: `peek` reads in a volatile way.
        unsafe { self.0.peek(cpu, peek) }
    }
}
