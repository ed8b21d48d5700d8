// SPDX-License-Identifier: GPL-2.0

//! A reference to the data does not outlive the guard.
//~ E0505

use pwlocks::lock::PwLock;

/// Looks at the data after the unlock.
pub fn outlive(lock: &PwLock<u64>) -> u64 {
    let guard = lock.lock_local();
    let data = &*guard;
    drop(guard);
    *data
}
