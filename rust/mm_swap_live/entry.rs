// SPDX-License-Identifier: GPL-2.0

//! What is called in place of the kernel's functions.
//!
//! Each has the name, the arguments and the contexts of the function that it replaces.

#[path = "entry/drain.rs"]
pub(crate) mod drain;

#[cfg(HAVE_lru_cache_drain_for_folio)]
#[path = "entry/drain_for_folio.rs"]
pub(crate) mod drain_for_folio;

#[cfg(not(CONFIG_PREEMPT_RT))]
#[path = "entry/lru.rs"]
pub(crate) mod lru;

#[cfg(not(CONFIG_PREEMPT_RT))]
#[path = "entry/mlock.rs"]
pub(crate) mod mlock;
