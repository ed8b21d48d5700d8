// SPDX-License-Identifier: GPL-2.0

//! A number that one thread at a time writes and others look at.
//!
//! There is a copy for each thread to look at, because of what loom does not see: that a store races
//! with another thread's load, where the storing thread has loaded the same number in between. The
//! copies are written one after the other, which orders less than one number would.

use loom::sync::atomic::{AtomicU64, Ordering};
use std::cell::Cell;

/// Threads that a test has.
const THREADS: usize = 2;

loom::thread_local! {
    static THREAD: Cell<usize> = Cell::new(0);
}

/// Says that this is the test's second thread.
pub fn be_second_thread() {
    THREAD.with(|thread| thread.set(1));
}

/// Such a number.
pub struct Observed([AtomicU64; THREADS]);

impl Observed {
    /// With a value.
    pub fn new(value: u64) -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(value)))
    }

    /// Reads it.
    pub fn load(&self, order: Ordering) -> u64 {
        self.0[THREAD.with(Cell::get)].load(order)
    }

    /// Writes it.
    pub fn store(&self, value: u64, order: Ordering) {
        for copy in &self.0 {
            copy.store(value, order);
        }
    }
}
