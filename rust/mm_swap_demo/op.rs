// SPDX-License-Identifier: GPL-2.0

//! The operations of `MM_SWAP_DEMO_OP`.

use crate::{
    bindings,
    demo::Demo,
    folio::Folio,
    held::Held,
    mm::{
        drain::Drain,
        lru,
        mlock, //
    },
    timer,
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What to do to a folio; returns whether it applied.
type Each = fn(&Demo, &Folio) -> bool;

/// An operation.
pub(crate) enum Op {
    /// For each folio in turn.
    Each(Each),
    /// For each folio, from a timer.
    MoveTailTimer,
    /// Gives up the handles.
    Free,
}

impl Op {
    /// Returns the operation of a number, if it is one.
    pub(crate) fn new(number: u32) -> Option<Self> {
        let each: Each = match number {
            bindings::MM_SWAP_DEMO_OP_LRU_ADD => |demo, folio| {
                // For life: its second arrival on a list would corrupt both.
                !folio.test_and_set_added() && lru::folio_add_lru(demo, folio)
            },
            bindings::MM_SWAP_DEMO_OP_DEACTIVATE_FILE => lru::deactivate_file_folio,
            bindings::MM_SWAP_DEMO_OP_DEACTIVATE => lru::folio_deactivate,
            bindings::MM_SWAP_DEMO_OP_LAZYFREE => lru::folio_mark_lazyfree,
            bindings::MM_SWAP_DEMO_OP_ACTIVATE => lru::folio_activate,
            bindings::MM_SWAP_DEMO_OP_MOVE_TAIL => lru::folio_rotate_reclaimable,
            bindings::MM_SWAP_DEMO_OP_MOVE_TAIL_TIMER => return Some(Self::MoveTailTimer),
            bindings::MM_SWAP_DEMO_OP_MLOCK => |demo, folio| {
                mlock::mlock_folio(demo, folio);
                true
            },
            bindings::MM_SWAP_DEMO_OP_MLOCK_NEW => |demo, folio| {
                if folio.test_and_set_added() {
                    return false;
                }
                mlock::mlock_new_folio(demo, folio);
                true
            },
            bindings::MM_SWAP_DEMO_OP_MUNLOCK => |demo, folio| {
                mlock::munlock_folio(demo, folio);
                true
            },
            bindings::MM_SWAP_DEMO_OP_BH_ADD => |demo, folio| {
                demo.add_bh(folio);
                true
            },
            bindings::MM_SWAP_DEMO_OP_FREE => return Some(Self::Free),
            bindings::MM_SWAP_DEMO_OP_ACCESS => lru::folio_mark_accessed,
            _ => return None,
        };

        Some(Self::Each(each))
    }

    /// Does it and returns to how many folios it applied. Task context, may sleep.
    pub(crate) fn run(&self, drain: &Arc<Drain<Demo>>, folios: Held) -> Result<u32> {
        match self {
            Self::Each(each) => Ok(folios
                .iter()
                .filter(|folio| each(drain.mm(), folio))
                .count() as u32),
            Self::MoveTailTimer => timer::rotate(drain, folios),
            Self::Free => Ok(0),
        }
    }
}
