// SPDX-License-Identifier: GPL-2.0

//! `kernel::sync::atomic`, as far as a generation needs it.

use crate::barrier::smp_mb;
use crate::observed::Observed;
use loom::sync::atomic::Ordering;

pub use loom::sync::atomic::Ordering::{Acquire, Relaxed};

/// The order that the kernel gives to atomic operations with a result: a full barrier on either side.
pub struct Full;

/// A number that is written under a mutex.
pub struct Atomic(Observed);

impl Atomic {
    /// With a value.
    pub fn new(value: u64) -> Self {
        Self(Observed::new(value))
    }

    /// Reads it.
    pub fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }

    /// Writes it.
    #[allow(dead_code)]
    pub fn store(&self, value: u64, order: Ordering) {
        self.0.store(value, order);
    }

    /// Adds to it and returns what it was. Under the mutex nobody else writes it in between.
    #[allow(dead_code)]
    pub fn fetch_add(&self, value: u64, _order: Full) -> u64 {
        smp_mb();
        let before = self.0.load(Relaxed);
        self.0.store(before + value, Relaxed);
        smp_mb();
        before
    }
}
