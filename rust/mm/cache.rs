// SPDX-License-Identifier: GPL-2.0

//! The switch that turns batching off for everybody (`lru_disable_count`).

use kernel::sync::atomic::{
    Atomic,
    Full,
    Relaxed, //
};

/// Counts who has batching turned off.
///
/// It is read under a batch's lock, which makes the reader wait-able for: once
/// `synchronize_rcu()` has returned after [`Self::disable`], every later reader sees it, and every
/// earlier one has released the lock, so that a drain finds what it left. On PREEMPT_RT the lock is
/// an RCU read-side section, elsewhere preemption is off under it.
#[repr(transparent)]
pub(crate) struct CacheSwitch(Atomic<i32>);

impl CacheSwitch {
    /// Makes a switch with batching on.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Returns whether batching is off (`lru_cache_disabled()`).
    #[inline]
    pub(crate) fn is_disabled(&self) -> bool {
        // READ_ONCE(): a relaxed load of the kernel crate's is a call, and this is on hot paths.
        //
        // SAFETY: The counter is valid, and read in one go.
        unsafe { self.0.as_ptr().read_volatile() != 0 }
    }

    /// Returns how many have it turned off.
    pub(crate) fn count(&self) -> i32 {
        self.0.load(Relaxed)
    }

    /// Turns batching off. See [`Drain::cache_disable`](super::drain::Drain::cache_disable) for
    /// what has to follow.
    pub(super) fn disable(&self) {
        self.0.fetch_add(1, Full);
    }

    /// Takes one [`Self::disable`] back.
    pub(super) fn enable(&self) {
        self.0.fetch_sub(1, Full);
    }
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(mm_cache)]
mod tests {
    use super::*;

    #[test]
    fn it_is_off_until_the_last_one_has_turned_it_on() {
        let switch = CacheSwitch::new();

        assert!(!switch.is_disabled());
        for n in 1..=3 {
            switch.disable();
            assert!(switch.is_disabled());
            assert_eq!(switch.count(), n);
        }
        for n in (0..3).rev() {
            switch.enable();
            assert_eq!(switch.is_disabled(), n != 0);
            assert_eq!(switch.count(), n);
        }
    }
}
