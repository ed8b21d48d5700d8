// SPDX-License-Identifier: GPL-2.0

//! The drains of all CPUs, which may sleep: replaced on every kernel.

use crate::{
    inside::Inside,
    live::Live,
    mm::drain::Drain, //
};
use core::ptr;
use kernel::sync::{
    atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Arc,
};

/// What the drains are done with; null while nothing is replaced.
static DRAIN: Atomic<*const Drain<Live>> = Atomic::new(ptr::null());

/// Has the replacements use a drain, until dropped.
pub(crate) struct Published {
    _drain: Arc<Drain<Live>>,
}

impl Published {
    /// Publishes `drain`. One at a time.
    pub(crate) fn new(drain: Arc<Drain<Live>>) -> Self {
        DRAIN.store(&raw const *drain, Release);
        Self { _drain: drain }
    }
}

impl Drop for Published {
    /// For when nobody is inside a replacement.
    fn drop(&mut self) {
        DRAIN.store(ptr::null(), Relaxed);
    }
}

/// Calls `f` with the drain, inside.
pub(super) fn with_drain(f: impl FnOnce(&Drain<Live>)) {
    let _inside = Inside::enter();
    let drain = DRAIN.load(Acquire);

    // SAFETY: The replacements are in place only while the drain is published, and it stays until
    // nobody is inside.
    f(unsafe { &*drain });

    // Longer than ftrace waits before it lets go of the functions.
    #[cfg(SABOTAGE_UNLOAD_WITHOUT_WAITING)]
    kernel::time::delay::fsleep(kernel::time::Delta::from_secs(5));
}

/// Task context, may sleep.
pub(crate) extern "C" fn lru_add_drain_all() {
    with_drain(|drain| {
        drain.all(false);
    });
}

/// Task context, may sleep.
pub(crate) extern "C" fn lru_cache_disable() {
    with_drain(|drain| {
        drain.cache_disable();
    });
}
