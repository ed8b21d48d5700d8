// SPDX-License-Identifier: GPL-2.0

//! The handles of one open file.
//!
//! A handle is, from the top: 28 bits of the file it was given out to, 12 bits that tell apart the
//! folios that have had the same slot, 24 bits of the slot plus one. So one of another file, one
//! that was freed, and one that never was can be told from one another.

use crate::{
    folio::Folio,
    held::Held,
    mm::folio::Ref, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

const SLOT_BITS: u32 = 24;
const AGE_BITS: u32 = 12;
const FILE_BITS: u32 = 28;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;
const AGE_MASK: u64 = (1 << AGE_BITS) - 1;
const FILE_MASK: u64 = (1 << FILE_BITS) - 1;

/// The last file's number; 0 is nobody's.
static LAST_FILE: Atomic<u64> = Atomic::new(0);

struct Slot {
    age: u64,
    folio: Option<Ref<Folio>>,
}

/// What an open file owns. Emptied by [`Self::drain`] before it is dropped.
pub(crate) struct Handles {
    file: u64,
    slots: KVVec<Slot>,
    /// The slots without a folio. There is room for all.
    free: KVVec<u32>,
}

impl Handles {
    /// Begins without handles.
    pub(crate) fn new() -> Self {
        Self {
            file: LAST_FILE.fetch_add(1, Relaxed) + 1,
            slots: KVVec::new(),
            free: KVVec::new(),
        }
    }

    fn handle(&self, slot: usize, age: u64) -> u64 {
        (self.file & FILE_MASK) << (AGE_BITS + SLOT_BITS)
            | (age & AGE_MASK) << SLOT_BITS
            | (slot as u64 + 1)
    }

    /// Returns the slot of a handle. `EPERM` if it is another file's, `EINVAL` if it is nobody's.
    fn slot(&mut self, handle: u64) -> Result<&mut Slot> {
        let file = handle >> (AGE_BITS + SLOT_BITS);

        if file != self.file & FILE_MASK {
            return Err(if file != 0 && file <= LAST_FILE.load(Relaxed) {
                EPERM
            } else {
                EINVAL
            });
        }

        let slot = ((handle & SLOT_MASK) as usize).wrapping_sub(1);
        let slot = self.slots.get_mut(slot).ok_or(EINVAL)?;

        if slot.folio.is_none() || slot.age & AGE_MASK != (handle >> SLOT_BITS) & AGE_MASK {
            return Err(EINVAL);
        }
        Ok(slot)
    }

    /// Makes room for `count` more. May sleep. `ENOMEM` if there is no memory or no slot.
    pub(crate) fn reserve(&mut self, count: usize) -> Result {
        let missing = count.saturating_sub(self.free.len());

        if self.slots.len() + missing > SLOT_MASK as usize {
            return Err(ENOMEM);
        }
        // Room for every slot to be free at once, so that freeing can't fail.
        let room = self.slots.len() + missing - self.free.len();

        self.free.reserve(room, GFP_KERNEL)?;
        self.slots.reserve(missing, GFP_KERNEL)?;
        for _ in 0..missing {
            let slot = self.slots.len();

            self.slots.push(
                Slot {
                    age: 0,
                    folio: None,
                },
                GFP_KERNEL,
            )?;
            self.free.push(slot as u32, GFP_KERNEL)?;
        }
        Ok(())
    }

    /// Gives out a handle for `folio`, for which [`Self::reserve`] has made room; else returns the
    /// reference.
    pub(crate) fn insert(&mut self, folio: Ref<Folio>) -> Result<u64, Ref<Folio>> {
        let Some(n) = self.free.pop() else {
            return Err(folio);
        };
        let n = n as usize;

        self.slots[n].folio = Some(folio);
        Ok(self.handle(n, self.slots[n].age))
    }

    /// Returns the folio of a handle.
    pub(crate) fn get(&mut self, handle: u64) -> Result<&Folio> {
        self.slot(handle)?.folio.as_deref().ok_or(EINVAL)
    }

    /// Adds a reference for each of `handles` to `held`.
    pub(crate) fn hold(&mut self, handles: &[u64], held: &mut Held) -> Result {
        for &handle in handles {
            held.push(Ref::get(self.get(handle)?));
        }
        Ok(())
    }

    /// Takes back all of `handles`, moving the references to `held`, or none.
    pub(crate) fn remove(&mut self, handles: &[u64], held: &mut Held) -> Result {
        for (i, &handle) in handles.iter().enumerate() {
            match self.slot(handle).map(|slot| slot.folio.take()) {
                Ok(Some(folio)) => held.push(folio),
                // Includes a handle that is named twice.
                result => {
                    self.put_back(&handles[..i], held);
                    return Err(result.err().unwrap_or(EINVAL));
                }
            }
        }

        // From now on the handles are no longer valid.
        for &handle in handles {
            let n = (handle & SLOT_MASK) as usize - 1;

            self.slots[n].age += 1;
            let _ = self.free.push_within_capacity(n as u32);
        }
        Ok(())
    }

    /// Undoes the taking of `handles`, whose references are the last of `held`.
    fn put_back(&mut self, handles: &[u64], held: &mut Held) {
        for &handle in handles.iter().rev() {
            let n = (handle & SLOT_MASK) as usize - 1;

            self.slots[n].folio = held.pop();
        }
    }

    /// Takes everything back and gives the references to `put`.
    pub(crate) fn drain(&mut self, put: impl FnMut(Ref<Folio>)) {
        self.slots
            .iter_mut()
            .filter_map(|slot| slot.folio.take())
            .for_each(put);
    }
}
