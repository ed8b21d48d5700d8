// SPDX-License-Identifier: GPL-2.0

//! Checks in a test build that a lock keeps two contexts apart.
//!
//! The data records that somebody holds it, by means that don't depend on the lock. Without
//! `CONFIG_PWLOCKS_TEST` nothing of this is compiled.

use crate::counts::Counts;
use core::ops::{
    Deref,
    DerefMut, //
};

#[cfg(CONFIG_PWLOCKS_TEST)]
use kernel::sync::atomic::{
    Atomic,
    Full, //
};

/// Data under a lock, and in a test build a count of who holds it.
#[repr(C)]
pub(crate) struct Watched<T> {
    data: T,
    #[cfg(CONFIG_PWLOCKS_TEST)]
    holders: Atomic<i32>,
}

impl<T> Watched<T> {
    /// Wraps `data`.
    pub(crate) fn new(data: T) -> Self {
        Self {
            data,
            #[cfg(CONFIG_PWLOCKS_TEST)]
            holders: Atomic::new(0),
        }
    }

    /// Returns the place of the data.
    #[inline]
    pub(crate) fn raw(this: *const Self) -> *const T {
        // It is the first field.
        this.cast()
    }

    /// Watches over `guard`, which was just locked, until it is dropped; counts in
    /// [`Counts::overlaps`] if somebody else holds it.
    #[inline]
    pub(crate) fn watch<'a, G>(guard: G, _counts: &Counts) -> impl DerefMut<Target = T> + 'a
    where
        G: DerefMut<Target = Self> + 'a,
        T: 'a,
    {
        #[cfg(CONFIG_PWLOCKS_TEST)]
        if guard.holders.fetch_add(1, Full) != 0 {
            _counts.overlaps.add(1);
        }
        Watch(guard)
    }
}

/// A guard that is watched.
struct Watch<T, G: DerefMut<Target = Watched<T>>>(G);

impl<T, G: DerefMut<Target = Watched<T>>> Deref for Watch<T, G> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0.data
    }
}

impl<T, G: DerefMut<Target = Watched<T>>> DerefMut for Watch<T, G> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0.data
    }
}

impl<T, G: DerefMut<Target = Watched<T>>> Drop for Watch<T, G> {
    #[inline]
    fn drop(&mut self) {
        #[cfg(CONFIG_PWLOCKS_TEST)]
        self.0.holders.fetch_sub(1, Full);
    }
}
