// SPDX-License-Identifier: GPL-2.0

//! What happens to the folios of a batch: the move functions of `mm/swap.c`.

use super::{
    batch::{
        FolioBatch,
        Kind, //
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
};

/// Moves the folios of `batch` as `kind` says and gives the references to `put`; dead ones, with
/// their count at zero already, go to `free`.
///
/// A folio that is isolated, because another batch with it is being moved or reclaim is at it, is
/// passed over: all but `lru_add` need the folio's LRU flag, which whoever clears it has alone.
///
/// `kind` must not be [`Kind::Mlock`].
pub(crate) fn folio_batch_move_lru<L: Lists>(
    lists: &L,
    kind: Kind,
    batch: &mut FolioBatch<L::Folio>,
    put: impl FnMut(Ref<L::Folio>),
    free: impl FnMut(Ref<L::Folio>),
) {
    let mut relock = Relock::new(lists);
    let mut dead = 0;

    for (i, folio, _) in batch.iter() {
        if kind == Kind::LruAdd {
            // The batch has the last reference: nobody is going to use it, don't bother the lists.
            if folio.try_freeze() {
                folio.clear(Flag::Active);
                folio.clear(Flag::Unevictable);
                dead |= 1 << i;
                continue;
            }
        } else if !folio.test_and_clear(Flag::Lru) {
            continue;
        }

        let locked = relock.lock(folio);

        match kind {
            Kind::LruAdd => lru_add(locked, folio),
            Kind::DeactivateFile => lru_deactivate_file(locked, folio),
            Kind::Deactivate => lru_deactivate(locked, folio),
            Kind::Lazyfree => lru_lazyfree(locked, folio),
            Kind::Activate => lru_activate(locked, folio),
            Kind::MoveTail => lru_move_tail(locked, folio),
            Kind::Mlock => (),
        }
        folio.set(Flag::Lru);
    }

    // Freeing is for after the lock.
    drop(relock);
    batch.take_some(dead, free);
    batch.put_all(put);
}

fn lru_add<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    folio.clear(Flag::Unevictable);
    if !folio.is_evictable() {
        folio.clear(Flag::Active);
        folio.set(Flag::Unevictable);
        // Whether an mlock of it has been counted is unknown here. Too low a count is the safe
        // side: reclaim corrects it, while one that is too high strands the folio on this list.
        folio.set_mlock_count(0);
    }
    locked.add(folio);
}

fn lru_deactivate_file<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    // A process that has it mapped is using it.
    if folio.test(Flag::Unevictable) || folio.is_mapped() {
        return;
    }

    locked.del(folio);
    folio.clear(Flag::Active);
    folio.clear(Flag::Referenced);
    if folio.test(Flag::Writeback) || folio.test(Flag::Dirty) {
        // At the head: writing it out takes a while, and the flag has it rotated once that is done.
        locked.add(folio);
        folio.set(Flag::Reclaim);
    } else {
        locked.add_tail(folio);
    }
}

fn lru_deactivate<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    if folio.test(Flag::Unevictable) || !folio.test(Flag::Active) {
        return;
    }

    locked.del(folio);
    folio.clear(Flag::Active);
    folio.clear(Flag::Referenced);
    locked.add(folio);
}

fn lru_lazyfree<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    if !folio.is_anon()
        || !folio.test(Flag::Swapbacked)
        || folio.is_swapcache()
        || folio.test(Flag::Unevictable)
    {
        return;
    }

    locked.del(folio);
    folio.clear(Flag::Active);
    folio.clear(Flag::Referenced);
    // An anonymous folio without this flag is one whose content may go.
    folio.clear(Flag::Swapbacked);
    locked.add(folio);
}

fn lru_activate<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    if folio.test(Flag::Active) || folio.test(Flag::Unevictable) {
        return;
    }

    locked.del(folio);
    folio.set(Flag::Active);
    locked.add(folio);
}

fn lru_move_tail<L: LockedLists>(locked: &mut L, folio: &L::Folio) {
    if folio.test(Flag::Unevictable) {
        return;
    }

    locked.del(folio);
    folio.clear(Flag::Active);
    locked.add_tail(folio);
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(mm_move_lru)]
mod tests {
    use super::*;
    use crate::mm::{
        batch::Tag,
        fake::{
            self,
            Nature,
            Place, //
        }, //
    };
    use kernel::prelude::*;

    const ANONYMOUS: Nature = Nature {
        group: 0,
        anon: true,
        swapcache: false,
        mapped: false,
        pinned: false,
        large: false,
    };
    const FILE_BACKED: Nature = Nature {
        anon: false,
        ..ANONYMOUS
    };

    /// Moves `folio`, and returns whether the references and the lists' lock came out right.
    fn move_one(kind: Kind, folio: &fake::Folio) -> bool {
        let lists = fake::Lists::new();
        let mut batch = FolioBatch::new();

        batch.push(Ref::get(folio), Tag::None);
        folio_batch_move_lru(&lists, kind, &mut batch, |folio| folio.put(), |_dead| ());
        batch.is_empty() && folio.refs() == 1 && lists.in_order()
    }

    /// Makes a folio that is on a list and moves it as `kind` says.
    fn moved(kind: Kind, nature: Nature, flags: &[Flag]) -> Result<KBox<fake::Folio>> {
        let folio = fake::Folio::listed(nature, flags)?;

        if move_one(kind, &folio) {
            Ok(folio)
        } else {
            Err(EINVAL)
        }
    }

    /// Returns whether nothing happened to a folio on a list that began with `flags`.
    fn stays(kind: Kind, nature: Nature, flags: &[Flag]) -> Result<bool> {
        let before = fake::Folio::listed(nature, flags)?;
        let folio = moved(kind, nature, flags)?;

        Ok(folio.times_listed() == 0 && folio.has_flags_of(&before))
    }

    #[test]
    fn a_new_folio_gets_on_a_list() -> Result {
        for flags in [&[][..], &[Flag::Active], &[Flag::Swapbacked, Flag::Dirty]] {
            let folio = fake::Folio::new(ANONYMOUS, flags)?;

            assert!(move_one(Kind::LruAdd, &folio));
            assert_eq!(folio.place(), Place::Head);
            assert!(folio.test(Flag::Lru) && !folio.test(Flag::Unevictable));
            assert!(flags.iter().all(|&flag| folio.test(flag)));
        }
        Ok(())
    }

    #[test]
    fn a_new_folio_that_cannot_be_reclaimed_is_unevictable() -> Result {
        let pinned = Nature {
            pinned: true,
            ..FILE_BACKED
        };

        for (nature, flags) in [
            (pinned, &[Flag::Active][..]),
            (FILE_BACKED, &[Flag::Active, Flag::Mlocked]),
        ] {
            let folio = fake::Folio::new(nature, flags)?;

            folio.set_mlock_count(7);
            assert!(move_one(Kind::LruAdd, &folio));
            assert_eq!(folio.place(), Place::Head);
            assert!(folio.test(Flag::Unevictable) && !folio.test(Flag::Active));
            // Too low a count is the safe side.
            assert_eq!(folio.mlock_count(), 0);
        }
        Ok(())
    }

    #[test]
    fn a_new_folio_that_nobody_wants_is_freed() -> Result {
        let lists = fake::Lists::new();
        let wanted = fake::Folio::new(FILE_BACKED, &[])?;
        let dead = fake::Folio::new(FILE_BACKED, &[Flag::Active, Flag::Unevictable])?;
        let mut batch = FolioBatch::new();
        let (mut put, mut freed) = (0, 0);

        for folio in [&wanted, &dead] {
            batch.push(Ref::get(&**folio), Tag::None);
        }
        dead.put();
        folio_batch_move_lru(
            &lists,
            Kind::LruAdd,
            &mut batch,
            |folio| {
                put += 1;
                folio.put();
            },
            |folio| freed += u32::from(core::ptr::eq(&*folio, &*dead)),
        );
        assert_eq!((put, freed), (1, 1));
        assert_eq!((wanted.refs(), dead.refs()), (1, 0));
        assert_eq!(wanted.place(), Place::Head);
        assert_eq!(dead.place(), Place::Nowhere);
        assert!(dead.has_just(&[]));
        assert!(lists.in_order());
        Ok(())
    }

    #[test]
    fn what_somebody_has_isolated_is_passed_over() -> Result {
        for kind in Kind::ALL {
            if matches!(kind, Kind::LruAdd | Kind::Mlock) {
                continue;
            }

            let flags = [Flag::Active, Flag::Swapbacked];
            let folio = fake::Folio::new(ANONYMOUS, &flags)?;

            assert!(move_one(kind, &folio));
            assert!(folio.has_just(&flags));
            assert_eq!(folio.place(), Place::Nowhere);
        }
        Ok(())
    }

    #[test]
    fn what_is_unevictable_stays() -> Result {
        for kind in Kind::ALL {
            if matches!(kind, Kind::LruAdd | Kind::Mlock) {
                continue;
            }
            assert!(stays(
                kind,
                ANONYMOUS,
                &[Flag::Unevictable, Flag::Swapbacked, Flag::Active]
            )?);
        }
        Ok(())
    }

    #[test]
    fn a_clean_file_folio_goes_to_the_end() -> Result {
        let flags = [Flag::Active, Flag::Referenced];
        let folio = moved(Kind::DeactivateFile, FILE_BACKED, &flags)?;

        assert_eq!(folio.place(), Place::Tail);
        assert!(folio.has_just(&[Flag::Lru]));
        Ok(())
    }

    #[test]
    fn a_file_folio_that_has_to_be_written_comes_back_when_it_is() -> Result {
        for why in [Flag::Dirty, Flag::Writeback] {
            let flags = [Flag::Active, Flag::Referenced, why];
            let folio = moved(Kind::DeactivateFile, FILE_BACKED, &flags)?;

            assert_eq!(folio.place(), Place::Head);
            assert!(folio.has_just(&[Flag::Lru, Flag::Reclaim, why]));
        }
        Ok(())
    }

    #[test]
    fn a_file_folio_that_is_mapped_stays() -> Result {
        let mapped = Nature {
            mapped: true,
            ..FILE_BACKED
        };

        assert!(stays(Kind::DeactivateFile, mapped, &[Flag::Active])?);
        Ok(())
    }

    #[test]
    fn an_active_folio_is_deactivated() -> Result {
        let flags = [Flag::Active, Flag::Referenced, Flag::Dirty];
        let folio = moved(Kind::Deactivate, FILE_BACKED, &flags)?;

        assert_eq!(folio.place(), Place::Head);
        assert!(folio.has_just(&[Flag::Lru, Flag::Dirty]));
        assert!(stays(Kind::Deactivate, FILE_BACKED, &[Flag::Referenced])?);
        Ok(())
    }

    #[test]
    fn an_anonymous_folio_is_given_up() -> Result {
        let flags = [Flag::Active, Flag::Referenced, Flag::Swapbacked];
        let folio = moved(Kind::Lazyfree, ANONYMOUS, &flags)?;

        assert_eq!(folio.place(), Place::Head);
        assert!(folio.has_just(&[Flag::Lru]));
        Ok(())
    }

    #[test]
    fn what_is_on_disk_or_given_up_already_is_not_given_up() -> Result {
        let swapcache = Nature {
            swapcache: true,
            ..ANONYMOUS
        };

        assert!(stays(Kind::Lazyfree, FILE_BACKED, &[Flag::Swapbacked])?);
        assert!(stays(Kind::Lazyfree, swapcache, &[Flag::Swapbacked])?);
        assert!(stays(Kind::Lazyfree, ANONYMOUS, &[])?);
        Ok(())
    }

    #[test]
    fn an_inactive_folio_is_activated() -> Result {
        let folio = moved(Kind::Activate, FILE_BACKED, &[Flag::Referenced])?;

        assert_eq!(folio.place(), Place::Head);
        assert!(folio.has_just(&[Flag::Lru, Flag::Active, Flag::Referenced]));
        assert!(stays(Kind::Activate, FILE_BACKED, &[Flag::Active])?);
        Ok(())
    }

    #[test]
    fn a_folio_is_rotated_to_the_end() -> Result {
        let folio = moved(Kind::MoveTail, FILE_BACKED, &[Flag::Active, Flag::Reclaim])?;

        assert_eq!(folio.place(), Place::Tail);
        assert!(folio.has_just(&[Flag::Lru, Flag::Reclaim]));
        Ok(())
    }

    #[test]
    fn a_batch_of_two_groups_is_moved() -> Result {
        let lists = fake::Lists::new();
        let mut batch = FolioBatch::new();
        let mut folios = KVec::new();

        for group in [0, 0, 1, 0, 1, 1] {
            let folio = fake::Folio::new(
                Nature {
                    group,
                    ..FILE_BACKED
                },
                &[],
            )?;

            batch.push(Ref::get(&*folio), Tag::None);
            folios.push(folio, GFP_KERNEL)?;
        }
        folio_batch_move_lru(
            &lists,
            Kind::LruAdd,
            &mut batch,
            |folio| folio.put(),
            |_| (),
        );
        assert_eq!(lists.times_locked(), 4);
        assert!(lists.in_order());
        assert!(folios
            .iter()
            .all(|folio| folio.times_listed() == 1 && folio.refs() == 1));
        Ok(())
    }
}
