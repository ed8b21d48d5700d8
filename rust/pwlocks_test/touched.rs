// SPDX-License-Identifier: GPL-2.0

//! Data that KCSAN has an eye on, where the kernel has it: it sees accesses of C.

#[cfg(CONFIG_KCSAN)]
use crate::bindings;
#[cfg(CONFIG_KCSAN)]
use core::cell::UnsafeCell;

/// A number. Two who touch it at once, not protected from each other, are a data race.
#[cfg(CONFIG_KCSAN)]
pub(crate) struct Touched(UnsafeCell<u64>);

// SAFETY: Nothing but `touch()` looks at it, in C: where that is a data race KCSAN is there to say so, and
// nobody cares for the value.
#[cfg(CONFIG_KCSAN)]
unsafe impl Sync for Touched {}

#[cfg(CONFIG_KCSAN)]
impl Touched {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub(crate) fn touch(&self) {
        // SAFETY: The pointer is valid; as for races, see `Sync`.
        unsafe { bindings::pwlocks_test_kcsan_touch(self.0.get()) };
    }
}

/// Nothing, as nobody would see it.
#[cfg(not(CONFIG_KCSAN))]
pub(crate) struct Touched;

#[cfg(not(CONFIG_KCSAN))]
impl Touched {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn touch(&self) {}
}
