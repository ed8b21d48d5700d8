// SPDX-License-Identifier: GPL-2.0

//! A CPU number is no token: the C series' lock with the wrong CPU can't be written.
//~ E0308

use pwlocks::cpu::Cpu;
use pwlocks::lock::PwLock;

/// Takes the lock of any CPU.
pub fn lock(lock: &PwLock<u64>, cpu: Cpu) -> bool {
    lock.lock(&cpu).is_some()
}
