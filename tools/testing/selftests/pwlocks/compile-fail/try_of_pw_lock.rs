// SPDX-License-Identifier: GPL-2.0

//! `PwLock` can't be tried: `PwTryLock` can.
//~ E0599

use pwlocks::lock::PwLock;

/// Tries it.
pub fn try_it(lock: &PwLock<u64>) -> bool {
    lock.try_lock_local().is_some()
}
