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
