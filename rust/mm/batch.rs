// SPDX-License-Identifier: GPL-2.0

//! A small array of folios that are to be moved together.
//!
//! C header: [`include/linux/folio_batch.h`](srctree/include/linux/folio_batch.h)

use super::folio::{
    Folio,
    Ref, //
};
use core::{
    mem::MaybeUninit,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::bits::genmask_u32;

/// The slots of a batch (`FOLIO_BATCH_SIZE`).
pub(crate) const BATCH_SIZE: usize = 31;

/// What a batch is for. The first five share a lock; see [`super::storage::Batches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    /// `lru_add`: not on a list yet.
    LruAdd,
    /// `lru_deactivate_file`: to the inactive list, or to its end if clean.
    DeactivateFile,
    /// `lru_deactivate`: to the inactive list.
    Deactivate,
    /// `lru_lazyfree`: anonymous, may be thrown away.
    Lazyfree,
    /// `lru_activate`: to the active list.
    Activate,
    /// `lru_move_tail`: to the end of the inactive list, to be reclaimed next.
    MoveTail,
    /// The mlock batch.
    Mlock,
}

impl Kind {
    /// All, in the order in which they are drained.
    ///
    /// First comes `lru_add`, because the others skip what is on no list; last comes mlock, for the
    /// same reason.
    pub(crate) const ALL: [Self; 7] = [
        Self::LruAdd,
        Self::MoveTail,
        Self::DeactivateFile,
        Self::Deactivate,
        Self::Lazyfree,
        Self::Activate,
        Self::Mlock,
    ];
}

/// What else a slot says about its folio: the mlock batch's `LRU_FOLIO` and `NEW_FOLIO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Tag {
    /// Nothing; in the mlock batch: to be munlocked.
    None = 0,
    /// To be mlocked, and on a list, perhaps isolated for the moment.
    Lru = 1,
    /// To be mlocked, and on no list yet.
    New = 2,
}

/// The bits of a slot that hold the tag.
const TAG_MASK: usize = genmask_u32(0..=1) as usize;

/// `struct folio_batch`, laid out as in C.
///
/// Other CPUs look at the count without a lock ([`Self::peek_len`]), so it is written in one go.
///
/// # Invariants
///
/// The first `nr` slots are null, or the address of a folio plus a [`Tag`], and then the slot owns
/// a reference to the folio. What is in the others means nothing; they need not have been written.
#[repr(C)]
pub(crate) struct FolioBatch<F: Folio> {
    nr: u8,
    i: u8,
    percpu_pvec_drained: bool,
    slots: [MaybeUninit<*mut F>; BATCH_SIZE],
}

// SAFETY: Slots are references to folios, which are `Send` and `Sync`.
unsafe impl<F: Folio> Send for FolioBatch<F> {}

impl<F: Folio> FolioBatch<F> {
    /// Makes an empty batch.
    pub(crate) const fn new() -> Self {
        // INVARIANT: No slot is in use.
        Self {
            nr: 0,
            i: 0,
            percpu_pvec_drained: false,
            slots: [const { MaybeUninit::uninit() }; BATCH_SIZE],
        }
    }

    /// Returns the number of slots in use.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.nr.into()
    }

    /// Returns whether no slot is in use.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.nr == 0
    }

    #[inline]
    fn set_len(&mut self, nr: u8) {
        // WRITE_ONCE(): pairs with `peek_len()`.
        //
        // SAFETY: The field is ours to write.
        unsafe { ptr::write_volatile(&raw mut self.nr, nr) };
    }

    /// Puts `folio` into the next slot and returns whether there is room for another
    /// (`folio_batch_add()`).
    ///
    /// Panics if the batch is full. It never is: who fills it empties it.
    #[inline]
    pub(crate) fn push(&mut self, folio: Ref<F>, tag: Tag) -> bool {
        let slot = folio.into_raw().as_ptr();

        self.slots[self.len()].write(slot.map_addr(|addr| addr | tag as usize));
        // INVARIANT: The slot now owns the reference that `folio` was.
        self.set_len(self.nr + 1);
        self.len() < BATCH_SIZE
    }

    /// Splits a slot.
    #[inline]
    fn decode(slot: *mut F) -> (Option<NonNull<F>>, Tag) {
        let tag = match slot.addr() & TAG_MASK {
            0 => Tag::None,
            1 => Tag::Lru,
            _ => Tag::New,
        };

        (NonNull::new(slot.map_addr(|addr| addr & !TAG_MASK)), tag)
    }

    /// Returns the folios and their tags, each with its index.
    #[inline]
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &F, Tag)> {
        self.slots[..self.len()]
            .iter()
            .enumerate()
            .filter_map(|(i, slot)| {
                // SAFETY: By the type invariants.
                let (folio, tag) = Self::decode(unsafe { slot.assume_init() });

                // SAFETY: By the type invariants the slot owns a reference to the folio.
                Some((i, unsafe { folio?.as_ref() }, tag))
            })
    }

    /// Moves all folios into `to`, which must be empty; this one is empty then. Returns how many.
    ///
    /// This is what is done while the CPU that owns the batch may be waiting, so no more than the
    /// used slots is copied. The loop is one that the compiler may not turn into a `memcpy()`: that
    /// is a call, and takes longer to start than 31 words take to copy.
    #[inline(always)]
    pub(crate) fn take_into(&mut self, to: &mut Self) -> usize {
        let nr = self.nr;

        for (from, to) in self.slots[..nr.into()].iter().zip(&mut to.slots) {
            // SAFETY: A slot, written or not, and nobody else's.
            *to = unsafe { ptr::read_volatile(from) };
        }
        #[cfg(any(SABOTAGE_OWNER_NOT_EXCLUDED, SABOTAGE_ONE_NOT_REPLACED))]
        self.wait_for_intruder();
        self.set_len(0);
        // INVARIANT: The references moved, as the slots here are no longer in use.
        to.nr = nr;
        nr.into()
    }

    /// Waits a while for somebody to add a folio who is not kept out.
    #[cfg(any(SABOTAGE_OWNER_NOT_EXCLUDED, SABOTAGE_ONE_NOT_REPLACED))]
    fn wait_for_intruder(&self) {
        let nr = self.len();

        for _ in 0..20 {
            // SAFETY: A batch that is in use by others, too.
            if unsafe { Self::peek_len(self) } != nr {
                return;
            }
            kernel::time::delay::udelay(kernel::time::Delta::from_millis(1));
        }
    }

    /// Gives the reference of each slot for which `which` has its bit set to `give`. The slots
    /// stay, empty.
    #[inline]
    pub(crate) fn take_some(&mut self, which: u32, mut give: impl FnMut(Ref<F>)) {
        for i in (0..self.len()).filter(|i| which & (1 << i) != 0) {
            // INVARIANT: The slot is null and its reference ours.
            let slot = core::mem::replace(&mut self.slots[i], MaybeUninit::new(ptr::null_mut()));

            // SAFETY: By the type invariants, the slot being one that is in use.
            if let (Some(folio), _) = Self::decode(unsafe { slot.assume_init() }) {
                // SAFETY: The reference was the slot's.
                give(unsafe { Ref::from_raw(folio) });
            }
        }
    }

    /// Gives every reference to `put`, then counts the slots as free (`folios_put()`). Until the
    /// last one is gone the batch does not look empty from outside.
    #[inline]
    pub(crate) fn put_all(&mut self, put: impl FnMut(Ref<F>)) {
        self.take_some(genmask_u32(0..=BATCH_SIZE as u32 - 1), put);
        self.set_len(0);
        self.i = 0;
        self.percpu_pvec_drained = false;
    }

    /// Returns the number of slots in use, without a lock.
    ///
    /// # Safety
    ///
    /// `this` must point to a batch that may be in use by others.
    #[inline]
    pub(crate) unsafe fn peek_len(this: *const Self) -> usize {
        // READ_ONCE(): the owner of the lock may be writing.
        //
        // SAFETY: By the function's requirements.
        unsafe { ptr::read_volatile(&raw const (*this).nr) }.into()
    }

    /// Returns how many slots have `tag`, without a lock. It looks at slots, not at folios.
    ///
    /// # Safety
    ///
    /// As for [`Self::peek_len`].
    pub(crate) unsafe fn peek_tagged(this: *const Self, tag: Tag) -> usize {
        // SAFETY: By the function's requirements.
        let len = unsafe { Self::peek_len(this) };
        // SAFETY: By the function's requirements; the field is within the batch.
        let slots = unsafe { &raw const (*this).slots }.cast::<*mut F>();

        (0..len.min(BATCH_SIZE))
            .filter(|&i| {
                // SAFETY: The index is within the array.
                let slot = unsafe { slots.add(i) };
                // SAFETY: The slot is within the batch; others may be writing, as above.
                let slot = unsafe { ptr::read_volatile(slot) };

                Self::decode(slot).1 == tag
            })
            .count()
    }
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(mm_batch)]
mod tests {
    use super::*;
    use crate::mm::fake;
    use kernel::prelude::*;

    /// Puts so many folios, made for it, into a batch; their tags go round.
    fn filled(n: usize) -> Result<(FolioBatch<fake::Folio>, KVec<KBox<fake::Folio>>)> {
        let mut batch = FolioBatch::new();
        let mut folios = KVec::new();

        for i in 0..n {
            let folio = fake::Folio::file(&[])?;

            batch.push(Ref::get(&*folio), tag(i));
            folios.push(folio, GFP_KERNEL)?;
        }
        Ok((batch, folios))
    }

    fn tag(i: usize) -> Tag {
        [Tag::None, Tag::Lru, Tag::New][i % 3]
    }

    /// Returns whether `batch` has `folios` in this order, by their tags.
    fn has(batch: &FolioBatch<fake::Folio>, folios: &[KBox<fake::Folio>]) -> bool {
        batch.len() == folios.len()
            && batch
                .iter()
                .zip(folios)
                .enumerate()
                .all(|(i, (slot, folio))| {
                    slot.0 == i && ptr::eq(slot.1, &**folio) && slot.2 == tag(i)
                })
    }

    #[test]
    fn it_is_laid_out_as_in_c() {
        type Batch = FolioBatch<fake::Folio>;

        assert_eq!(
            size_of::<Batch>(),
            size_of::<kernel::bindings::folio_batch>()
        );
        assert_eq!(
            align_of::<Batch>(),
            align_of::<kernel::bindings::folio_batch>()
        );
        assert_eq!(BATCH_SIZE, kernel::bindings::FOLIO_BATCH_SIZE as usize);
    }

    #[test]
    fn every_kind_is_drained_once() {
        for (n, kind) in Kind::ALL.into_iter().enumerate() {
            assert!(!Kind::ALL[..n].contains(&kind));
        }
        // Numbered from 0, and these are the first and the last.
        assert_eq!(Kind::ALL.len(), Kind::Mlock as usize + 1);
    }

    #[test]
    fn a_new_one_is_empty() {
        let batch = FolioBatch::<fake::Folio>::new();

        assert!(batch.is_empty());
        assert_eq!(batch.len(), 0);
        assert!(batch.iter().next().is_none());
    }

    #[test]
    fn it_has_what_was_put_into_it() -> Result {
        for n in 0..=BATCH_SIZE {
            let (batch, folios) = filled(n)?;

            assert!(has(&batch, &folios));
            assert!(folios.iter().all(|folio| folio.refs() == 2));
        }
        Ok(())
    }

    #[test]
    fn there_is_room_until_the_last_slot() -> Result {
        let folio = fake::Folio::file(&[])?;
        let mut batch = FolioBatch::new();

        for left in (0..BATCH_SIZE).rev() {
            assert_eq!(batch.push(Ref::get(&*folio), Tag::None), left != 0);
        }
        Ok(())
    }

    #[test]
    fn it_can_be_looked_at_without_a_lock() -> Result {
        let (batch, _folios) = filled(8)?;

        // SAFETY: A batch.
        assert_eq!(unsafe { FolioBatch::peek_len(&batch) }, 8);
        for (tag, n) in [(Tag::None, 3), (Tag::Lru, 3), (Tag::New, 2)] {
            // SAFETY: A batch.
            assert_eq!(unsafe { FolioBatch::peek_tagged(&batch, tag) }, n);
        }
        Ok(())
    }

    #[test]
    fn what_is_taken_out_is_all_there_was() -> Result {
        for n in 0..=BATCH_SIZE {
            let (mut batch, folios) = filled(n)?;
            let mut taken = FolioBatch::new();

            assert_eq!(batch.take_into(&mut taken), n);
            assert!(batch.is_empty());
            assert!(has(&taken, &folios));
            assert!(folios.iter().all(|folio| folio.refs() == 2));
        }
        Ok(())
    }

    #[test]
    fn what_is_taken_one_by_one_leaves_the_others() -> Result {
        let (mut batch, folios) = filled(BATCH_SIZE)?;
        let which = 1 | 1 << 7 | 1 << 30;
        let mut taken = 0;

        batch.take_some(which, |folio| {
            folio.put();
            taken += 1;
        });
        assert_eq!(taken, 3);
        // The slots stay.
        assert_eq!(batch.len(), BATCH_SIZE);
        assert_eq!(batch.iter().count(), BATCH_SIZE - 3);
        for (i, folio) in folios.iter().enumerate() {
            let there = which & (1 << i) == 0;

            assert_eq!(folio.refs(), 1 + i32::from(there));
            assert_eq!(batch.iter().any(|(n, _, _)| n == i), there);
        }
        Ok(())
    }

    #[test]
    fn what_is_put_is_put_once() -> Result {
        let (mut batch, folios) = filled(BATCH_SIZE)?;

        batch.take_some(1 << 3, |folio| folio.put());
        batch.put_all(|folio| folio.put());
        assert!(batch.is_empty());
        assert!(folios.iter().all(|folio| folio.refs() == 1));
        Ok(())
    }

    #[test]
    fn it_can_be_filled_again() -> Result {
        let (mut batch, _folios) = filled(BATCH_SIZE)?;

        batch.put_all(|folio| folio.put());

        let folio = fake::Folio::file(&[])?;

        assert!(batch.push(Ref::get(&*folio), Tag::Lru));
        assert_eq!(batch.len(), 1);
        assert!(batch
            .iter()
            .all(|(i, f, tag)| i == 0 && ptr::eq(f, &*folio) && tag == Tag::Lru));
        Ok(())
    }
}
