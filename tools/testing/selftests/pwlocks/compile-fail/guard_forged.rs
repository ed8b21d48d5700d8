// SPDX-License-Identifier: GPL-2.0

//! A guard can't be made by hand.
//~ E0624

use pwlocks::backend::LocalLock;
use pwlocks::lock::{Guard, Local};

/// Makes a guard of nothing.
pub fn forge() -> Guard<'static, u64, LocalLock, Local> {
    // SAFETY: There is none.
    unsafe { Guard::new(core::ptr::null_mut(), Local) }
}
