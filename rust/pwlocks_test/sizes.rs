// SPDX-License-Identifier: GPL-2.0

//! What lock words take up, beside the kernel's own.

use crate::bindings;
use kernel::fmt;
use pwlocks::lock::{
    PwLock,
    PwTryLock, //
};

/// A line per type: its name and its size in bytes.
pub(crate) fn show(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // SAFETY: Constants.
    let local_lock = unsafe { bindings::pwlocks_test_sizeof_local_lock() };
    // SAFETY: Constants.
    let local_trylock = unsafe { bindings::pwlocks_test_sizeof_local_trylock() };
    // SAFETY: Constants.
    let spinlock = unsafe { bindings::pwlocks_test_sizeof_spinlock() };

    writeln!(f, "PwLock {}", PwLock::<u64>::LOCK_SIZE)?;
    writeln!(f, "PwTryLock {}", PwTryLock::<u64>::LOCK_SIZE)?;
    writeln!(f, "local_lock_t {local_lock}")?;
    writeln!(f, "local_trylock_t {local_trylock}")?;
    writeln!(f, "spinlock_t {spinlock}")
}
