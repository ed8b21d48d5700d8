// SPDX-License-Identifier: GPL-2.0

//! `kernel::sync`: a mutex and an atomic number that are loom's.

pub mod atomic;

use loom::sync::MutexGuard;

/// A mutex that is not poisoned.
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A mutex that protects `data`.
    pub fn new(data: T) -> Self {
        Self(loom::sync::Mutex::new(data))
    }

    /// Waits for it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("loom ends a test that panics")
    }
}
