// SPDX-License-Identifier: GPL-2.0

//! A guard does not outlive its lock.
//~ E0505

use pwlocks::lock::PwLock;

/// Drops the lock with the guard still there.
pub fn outlive(lock: PwLock<u64>) {
    let guard = lock.lock_local();
    drop(lock);
    drop(guard);
}
