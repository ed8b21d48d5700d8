// SPDX-License-Identifier: GPL-2.0

//! Without a token there is no lock of another CPU.
//~ E0061

use pwlocks::lock::PwLock;

/// Takes whose lock?
pub fn lock(lock: &PwLock<u64>) -> bool {
    lock.lock().is_some()
}
