// SPDX-License-Identifier: GPL-2.0

//! A guard stays in the task that took the lock.
//~ E0277

use pwlocks::lock::PwLock;

/// Runs something in another task.
pub fn elsewhere<F: FnOnce() + Send>(_: F) {}

/// Sends the guard there.
pub fn send(lock: &PwLock<u64>) {
    let guard = lock.lock_local();
    elsewhere(move || drop(guard));
}
