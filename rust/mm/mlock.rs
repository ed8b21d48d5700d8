// SPDX-License-Identifier: GPL-2.0

//! The mlock batch: `mm/mlock.c`.
//!
//! One batch serves three requests, told apart by the slot's [`Tag`], so that a munlock need not
//! have the mlocks before it drained first.

use super::{
    batch::{
        FolioBatch,
        Kind,
        Tag, //
    },
    folio::{
        Flag,
        Folio,
        Listed,
        Ref, //
    },
    lists::{
        Lists,
        LockedLists,
        Relock, //
    },
    lru::push_or_move,
    storage::Batches,
    Mm,
};

/// Mlocks a folio that is on a list, or off it for the moment.
#[inline]
pub(crate) fn mlock_folio<M: Mm>(mm: &M, folio: &M::Folio) {
    let mut batch = mm.batches().mlock_local();

    if !folio.test_and_set(Flag::Mlocked) {
        mm.mlocked(folio);
    }
    push_or_move(mm, Kind::Mlock, &mut batch, folio, Tag::Lru);
}

/// Mlocks a new folio, in place of [`folio_add_lru`](super::lru::folio_add_lru).
#[inline]
pub(crate) fn mlock_new_folio<M: Mm>(mm: &M, folio: &M::Folio) {
    let mut batch = mm.batches().mlock_local();

    folio.set(Flag::Mlocked);
    mm.mlocked(folio);
    push_or_move(mm, Kind::Mlock, &mut batch, folio, Tag::New);
}

/// Takes one mlock back. Whether it was the last is found out when the batch is moved, so the flag
/// is left alone here.
#[inline]
pub(crate) fn munlock_folio<M: Mm>(mm: &M, folio: &M::Folio) {
    let mut batch = mm.batches().mlock_local();

    push_or_move(mm, Kind::Mlock, &mut batch, folio, Tag::None);
}

/// Does what the slots of an mlock batch ask for, and gives the references to `put`.
pub(crate) fn mlock_folio_batch<L: Lists>(
    lists: &L,
    batch: &mut FolioBatch<L::Folio>,
    put: impl FnMut(Ref<L::Folio>),
) {
    let mut relock = Relock::new(lists);

    for (_, folio, tag) in batch.iter() {
        match tag {
            Tag::Lru => mlock(&mut relock, folio),
            Tag::New => mlock_new(&mut relock, folio),
            Tag::None => munlock(&mut relock, folio),
        }
    }
    drop(relock);
    batch.put_all(put);
}

/// Moves an unevictable folio that turned out evictable back among the others.
fn rescue<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    locked.del(folio);
    folio.clear(Flag::Unevictable);
    locked.add(folio);
}

fn mlock<L: Lists>(relock: &mut Relock<'_, L>, folio: &L::Folio) {
    // Isolated: whoever puts it back looks at its mlocked flag.
    if !folio.test_and_clear(Flag::Lru) {
        return;
    }

    let locked = relock.lock(folio);

    if folio.is_evictable() {
        // A munlock on another CPU came in between.
        if folio.test(Flag::Unevictable) {
            rescue(locked, folio);
        }
    } else if folio.test(Flag::Unevictable) {
        if folio.test(Flag::Mlocked) {
            folio.set_mlock_count(folio.mlock_count() + 1);
        }
    } else {
        locked.del(folio);
        folio.clear(Flag::Active);
        folio.set(Flag::Unevictable);
        folio.set_mlock_count(folio.test(Flag::Mlocked).into());
        locked.add(folio);
    }
    folio.set(Flag::Lru);
}

fn mlock_new<L: Lists>(relock: &mut Relock<'_, L>, folio: &L::Folio) {
    let locked = relock.lock(folio);

    // Again a munlock may have come in between.
    if !folio.is_evictable() {
        folio.set(Flag::Unevictable);
        folio.set_mlock_count(folio.test(Flag::Mlocked).into());
    }
    locked.add(folio);
    folio.set(Flag::Lru);
}

fn munlock<L: Lists>(relock: &mut Relock<'_, L>, folio: &L::Folio) {
    if !folio.test_and_clear(Flag::Lru) {
        // Not ours to move, but ours to unlock. If whoever has it isolated has looked at the flag
        // already, it ends up on the unevictable list without being mlocked, as in C.
        folio.clear(Flag::Mlocked);
        return;
    }

    let locked = relock.lock(folio);

    // On the unevictable list the count is kept, though it may be too low.
    let last = if folio.test(Flag::Unevictable) {
        folio.set_mlock_count(folio.mlock_count().saturating_sub(1));
        folio.mlock_count() == 0
    } else {
        true
    };

    if last {
        folio.clear(Flag::Mlocked);
        // Evictable only now that the flag is gone.
        if folio.test(Flag::Unevictable) && folio.is_evictable() {
            rescue(locked, folio);
        }
    }
    folio.set(Flag::Lru);
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(mm_mlock)]
mod tests {
    use super::*;
    use crate::mm::fake::{
        self,
        Nature,
        Place, //
    };
    use kernel::prelude::*;

    /// Does to `folio` what slots with these tags ask for, in one batch, and returns whether the
    /// references and the lists' lock came out right.
    fn do_all(folio: &fake::Folio, tags: &[Tag]) -> bool {
        let lists = fake::Lists::new();
        let mut batch = FolioBatch::new();

        for &tag in tags {
            batch.push(Ref::get(folio), tag);
        }
        mlock_folio_batch(&lists, &mut batch, |folio| folio.put());
        batch.is_empty() && folio.refs() == 1 && lists.in_order()
    }

    /// A folio that somebody is about to mlock, or has.
    fn listed(flags: &[Flag]) -> Result<KBox<fake::Folio>> {
        fake::Folio::listed(Nature::default(), flags)
    }

    #[test]
    fn a_folio_on_a_list_is_mlocked() -> Result {
        let folio = listed(&[Flag::Mlocked, Flag::Active])?;

        assert!(do_all(&folio, &[Tag::Lru]));
        assert!(folio.has_just(&[Flag::Lru, Flag::Mlocked, Flag::Unevictable]));
        assert_eq!(folio.mlock_count(), 1);
        assert_eq!(folio.times_listed(), 1);
        Ok(())
    }

    #[test]
    fn mlocks_are_counted() -> Result {
        let folio = listed(&[Flag::Mlocked])?;

        assert!(do_all(&folio, &[Tag::Lru, Tag::Lru, Tag::Lru]));
        assert_eq!(folio.mlock_count(), 3);
        // It is moved once only.
        assert_eq!(folio.times_listed(), 1);
        Ok(())
    }

    #[test]
    fn a_new_folio_is_mlocked() -> Result {
        let folio = fake::Folio::file(&[Flag::Mlocked])?;

        assert!(do_all(&folio, &[Tag::New]));
        assert!(folio.has_just(&[Flag::Lru, Flag::Mlocked, Flag::Unevictable]));
        assert_eq!(folio.mlock_count(), 1);
        assert_eq!(folio.place(), Place::Head);
        Ok(())
    }

    #[test]
    fn the_last_munlock_brings_it_back() -> Result {
        let folio = listed(&[Flag::Mlocked])?;

        assert!(do_all(&folio, &[Tag::Lru, Tag::Lru, Tag::None]));
        assert!(folio.test(Flag::Mlocked) && folio.test(Flag::Unevictable));
        assert_eq!(folio.mlock_count(), 1);

        assert!(do_all(&folio, &[Tag::None]));
        assert!(folio.has_just(&[Flag::Lru]));
        assert_eq!(folio.place(), Place::Head);
        Ok(())
    }

    #[test]
    fn a_munlock_ends_a_count_that_is_too_low() -> Result {
        let folio = listed(&[Flag::Mlocked, Flag::Unevictable])?;

        assert!(do_all(&folio, &[Tag::None]));
        assert_eq!(folio.mlock_count(), 0);
        assert!(folio.has_just(&[Flag::Lru]));
        Ok(())
    }

    #[test]
    fn what_cannot_be_reclaimed_stays_unevictable() -> Result {
        let pinned = Nature {
            pinned: true,
            ..Default::default()
        };
        let folio = fake::Folio::listed(pinned, &[Flag::Mlocked])?;

        assert!(do_all(&folio, &[Tag::Lru, Tag::None]));
        assert!(folio.has_just(&[Flag::Lru, Flag::Unevictable]));
        Ok(())
    }

    #[test]
    fn a_munlock_that_came_in_between_is_heeded() -> Result {
        // Its flag is gone by the time the batch is moved.
        let folio = listed(&[Flag::Active])?;

        assert!(do_all(&folio, &[Tag::Lru]));
        assert!(folio.has_just(&[Flag::Lru, Flag::Active]));
        assert_eq!(folio.times_listed(), 0);

        let stranded = listed(&[Flag::Unevictable])?;

        assert!(do_all(&stranded, &[Tag::Lru]));
        assert!(stranded.has_just(&[Flag::Lru]));

        let new = fake::Folio::file(&[])?;

        assert!(do_all(&new, &[Tag::New]));
        assert!(new.has_just(&[Flag::Lru]));
        Ok(())
    }

    #[test]
    fn what_somebody_has_isolated_is_left_to_him() -> Result {
        let folio = fake::Folio::file(&[Flag::Mlocked, Flag::Active])?;

        assert!(do_all(&folio, &[Tag::Lru]));
        assert!(folio.has_just(&[Flag::Mlocked, Flag::Active]));

        // But the flag is the munlock's to clear.
        assert!(do_all(&folio, &[Tag::None]));
        assert!(folio.has_just(&[Flag::Active]));
        assert_eq!(folio.place(), Place::Nowhere);
        Ok(())
    }
}
