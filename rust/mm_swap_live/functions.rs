// SPDX-License-Identifier: GPL-2.0

//! Which of the kernel's functions are replaced, and by what.

use crate::{
    entry::drain,
    replace::Function,
    symbols::replaced, //
};
use kernel::sync::atomic::Atomic;

#[cfg(HAVE_lru_cache_drain_for_folio)]
use crate::entry::drain_for_folio;

#[cfg(not(CONFIG_PREEMPT_RT))]
use crate::entry::{
    lru,
    mlock, //
};

/// Makes a [`Function`]: its symbol, what [`replaced`] calls it, and what replaces it.
macro_rules! function {
    ($symbol:literal, $name:ident, $replacement:path) => {{
        static REPLACED: Atomic<bool> = Atomic::new(false);

        Function::new(
            $symbol,
            replaced::$name as *const (),
            concat!("mm_swap_live::entry::", stringify!($replacement)),
            $replacement as *const (),
            &REPLACED,
        )
    }};
}

/// The drains of all CPUs, which may sleep.
pub(crate) static DRAINS: &[Function] = &[
    function!(
        "lru_add_drain_all",
        lru_add_drain_all,
        drain::lru_add_drain_all
    ),
    function!(
        "lru_cache_disable",
        lru_cache_disable,
        drain::lru_cache_disable
    ),
    // The compiler puts `lru_add_drain_all()` into it, so that does not pass by the one above.
    #[cfg(HAVE_lru_cache_drain_for_folio)]
    function!(
        "lru_cache_drain_for_folio",
        lru_cache_drain_for_folio,
        drain_for_folio::lru_cache_drain_for_folio
    ),
];

/// The functions that touch a batch.
#[cfg(not(CONFIG_PREEMPT_RT))]
pub(crate) static USERS: &[Function] = &[
    function!(
        "__folio_batch_add_and_move",
        folio_batch_add_and_move,
        lru::folio_batch_add_and_move
    ),
    function!(
        "folio_mark_accessed",
        folio_mark_accessed,
        lru::folio_mark_accessed
    ),
    function!(
        "lru_add_drain_cpu",
        lru_add_drain_cpu,
        lru::lru_add_drain_cpu
    ),
    function!("mlock_folio", mlock_folio, mlock::mlock_folio),
    function!("mlock_new_folio", mlock_new_folio, mlock::mlock_new_folio),
    function!("munlock_folio", munlock_folio, mlock::munlock_folio),
    function!(
        "mlock_drain_local",
        mlock_drain_local,
        mlock::mlock_drain_local
    ),
    function!(
        "mlock_drain_remote",
        mlock_drain_remote,
        mlock::mlock_drain_remote
    ),
];

/// With the kernel's own locks there is nothing to replace.
#[cfg(CONFIG_PREEMPT_RT)]
pub(crate) static USERS: &[Function] = &[];
