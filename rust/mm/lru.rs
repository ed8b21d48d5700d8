// SPDX-License-Identifier: GPL-2.0

//! What the rest of the kernel calls to have a folio added, moved or rotated.
//!
//! Each function has the name of its C original and returns whether the folio went into a batch.
//! None sleeps, except that on PREEMPT_RT the locks do. The caller has a reference.

use super::{
    batch::{
        FolioBatch,
        Kind,
        Tag, //
    },
    folio::{
        Flag,
        Folio,
        Ref, //
    },
    storage::Batches,
    Mm,
};

/// Puts `folio` into `batch`, whose lock the caller holds, and returns whether the batch must be
/// emptied before the lock is released: if it is full, if the folio is too large to wait or if
/// batching is off.
///
/// It is emptied in its place, under the lock, as in C: who comes for the folios meanwhile waits
/// for the lock, and who only looks still sees them. See [`super::drain`].
#[inline(always)]
#[must_use]
pub(crate) fn push<M: Mm>(
    mm: &M,
    batch: &mut FolioBatch<M::Folio>,
    folio: &M::Folio,
    tag: Tag,
) -> bool {
    let room = batch.push(Ref::get(folio), tag);

    !room || !folio.may_be_cached() || mm.cache().is_disabled() || mm.bypasses()
}

/// [`push`], and empties the batch if it must be.
#[inline]
pub(super) fn push_or_move<M: Mm>(
    mm: &M,
    kind: Kind,
    batch: &mut FolioBatch<M::Folio>,
    folio: &M::Folio,
    tag: Tag,
) {
    let full = push(mm, batch, folio, tag);

    mm.batched(folio, kind, tag);
    if full {
        mm.move_batch(kind, batch);
    }
}

/// `__folio_batch_add_and_move()`
#[inline]
fn batch_add_and_move<M: Mm>(mm: &M, kind: Kind, folio: &M::Folio) {
    if kind == Kind::MoveTail {
        let mut batch = mm.batches().lock_irq_local();

        push_or_move(mm, kind, &mut batch, folio, Tag::None);
    } else {
        let mut batches = mm.batches().lock_local();

        push_or_move(mm, kind, batches.batch(kind), folio, Tag::None);
    }
}

/// Has a new folio added to the list that its flags will name by then. Not twice for one folio.
pub(crate) fn folio_add_lru<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    batch_add_and_move(mm, Kind::LruAdd, folio);
    true
}

/// Has a folio under writeback, which ends, moved to where reclaim finds it first. Any context but
/// NMI; on PREEMPT_RT not hard interrupts.
pub(crate) fn folio_rotate_reclaimable<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    if folio.test(Flag::Dirty) || folio.test(Flag::Unevictable) || !folio.test(Flag::Lru) {
        return false;
    }
    batch_add_and_move(mm, Kind::MoveTail, folio);
    true
}

/// Has a folio moved to its active list.
pub(crate) fn folio_activate<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    if folio.test(Flag::Active) || folio.test(Flag::Unevictable) || !folio.test(Flag::Lru) {
        return false;
    }
    batch_add_and_move(mm, Kind::Activate, folio);
    true
}

/// Hints that a file folio makes a good candidate for reclaim.
pub(crate) fn deactivate_file_folio<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    if folio.test(Flag::Unevictable) || !folio.test(Flag::Lru) {
        return false;
    }
    batch_add_and_move(mm, Kind::DeactivateFile, folio);
    true
}

/// Has an active folio moved to its inactive list.
pub(crate) fn folio_deactivate<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    if folio.test(Flag::Unevictable) || !folio.test(Flag::Lru) || !folio.test(Flag::Active) {
        return false;
    }
    batch_add_and_move(mm, Kind::Deactivate, folio);
    true
}

/// Has an anonymous folio moved to the inactive file list, where it is thrown away under pressure.
pub(crate) fn folio_mark_lazyfree<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    if !folio.is_anon()
        || !folio.test(Flag::Swapbacked)
        || !folio.test(Flag::Lru)
        || folio.is_swapcache()
        || folio.test(Flag::Unevictable)
    {
        return false;
    }
    batch_add_and_move(mm, Kind::Lazyfree, folio);
    true
}

/// Notes a use: the first one marks the folio referenced, the second makes it active.
#[inline]
pub(crate) fn folio_mark_accessed<M: Mm>(mm: &M, folio: &M::Folio) -> bool {
    if !folio.test(Flag::Referenced) {
        folio.set(Flag::Referenced);
        return false;
    }
    if folio.test(Flag::Unevictable) || folio.test(Flag::Active) {
        return false;
    }

    let batched = if folio.test(Flag::Lru) {
        folio_activate(mm, folio)
    } else {
        activate_in_batch(mm, folio);
        false
    };
    folio.clear(Flag::Referenced);
    mm.activated(folio);
    batched
}

/// Marks a folio active that has not arrived on a list, if it is in this CPU's `lru_add` batch.
///
/// Only there: a folio that is on no list may as well be in another CPU's batch or in the hand of a
/// drain, which reads the flag at any moment, and a folio that turns active after it was put on an
/// inactive list is on the wrong one. (`__lru_cache_activate_folio()`)
fn activate_in_batch<M: Mm>(mm: &M, folio: &M::Folio) {
    let mut batches = mm.batches().lock_local();
    // From the end: it is most likely the one just added.
    let found = batches
        .batch(Kind::LruAdd)
        .iter()
        .rev()
        .any(|(_, f, _)| core::ptr::eq(f, folio));

    if found {
        folio.set(Flag::Active);
    }
}
