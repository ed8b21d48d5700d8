// SPDX-License-Identifier: GPL-2.0

//! Which of the kernel's functions are replaced, and by what.

use crate::{
    entry::drain,
    replace::Function,
    symbols::replaced, //
};

#[cfg(not(CONFIG_PREEMPT_RT))]
use crate::entry::{
    lru,
    mlock, //
};

/// The drains of all CPUs, which may sleep.
pub(crate) const DRAINS: &[Function] = &[
    Function {
        name: "lru_add_drain_all",
        entry: replaced::lru_add_drain_all as *const (),
        replacement: drain::lru_add_drain_all as *const (),
    },
    Function {
        name: "lru_cache_disable",
        entry: replaced::lru_cache_disable as *const (),
        replacement: drain::lru_cache_disable as *const (),
    },
    // The compiler puts `lru_add_drain_all()` into it, so that does not pass by the one above.
    #[cfg(HAVE_lru_cache_drain_for_folio)]
    Function {
        name: "lru_cache_drain_for_folio",
        entry: replaced::lru_cache_drain_for_folio as *const (),
        replacement: crate::entry::drain_for_folio::lru_cache_drain_for_folio as *const (),
    },
];

/// The functions that touch a batch.
#[cfg(not(CONFIG_PREEMPT_RT))]
pub(crate) const USERS: &[Function] = &[
    Function {
        name: "__folio_batch_add_and_move",
        entry: replaced::folio_batch_add_and_move as *const (),
        replacement: lru::folio_batch_add_and_move as *const (),
    },
    Function {
        name: "folio_mark_accessed",
        entry: replaced::folio_mark_accessed as *const (),
        replacement: lru::folio_mark_accessed as *const (),
    },
    Function {
        name: "lru_add_drain_cpu",
        entry: replaced::lru_add_drain_cpu as *const (),
        replacement: lru::lru_add_drain_cpu as *const (),
    },
    Function {
        name: "mlock_folio",
        entry: replaced::mlock_folio as *const (),
        replacement: mlock::mlock_folio as *const (),
    },
    Function {
        name: "mlock_new_folio",
        entry: replaced::mlock_new_folio as *const (),
        replacement: mlock::mlock_new_folio as *const (),
    },
    Function {
        name: "munlock_folio",
        entry: replaced::munlock_folio as *const (),
        replacement: mlock::munlock_folio as *const (),
    },
    Function {
        name: "mlock_drain_local",
        entry: replaced::mlock_drain_local as *const (),
        replacement: mlock::mlock_drain_local as *const (),
    },
    Function {
        name: "mlock_drain_remote",
        entry: replaced::mlock_drain_remote as *const (),
        replacement: mlock::mlock_drain_remote as *const (),
    },
];

/// With the kernel's own locks there is nothing to replace.
#[cfg(CONFIG_PREEMPT_RT)]
pub(crate) const USERS: &[Function] = &[];
