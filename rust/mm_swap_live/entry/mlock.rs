// SPDX-License-Identifier: GPL-2.0

//! What fills the mlock batch, and its drain on this CPU.

use crate::{
    kernel_folio::KernelFolio,
    live::Live,
    mm::{
        batch::Kind,
        drain_cpu,
        mlock, //
    },
};
use core::ffi::c_int;

/// Task context, also atomic.
///
/// # Safety
///
/// The caller has a reference to the folio. So for the next two.
pub(crate) unsafe extern "C" fn mlock_folio(folio: *mut KernelFolio) {
    // SAFETY: By the function's requirements.
    mlock::mlock_folio(&Live, unsafe { &*folio });
}

/// # Safety
///
/// As for [`mlock_folio`]; the folio is on no list and in no batch.
pub(crate) unsafe extern "C" fn mlock_new_folio(folio: *mut KernelFolio) {
    // SAFETY: By the function's requirements.
    mlock::mlock_new_folio(&Live, unsafe { &*folio });
}

/// # Safety
///
/// As for [`mlock_folio`].
pub(crate) unsafe extern "C" fn munlock_folio(folio: *mut KernelFolio) {
    // SAFETY: By the function's requirements.
    mlock::munlock_folio(&Live, unsafe { &*folio });
}

/// Task context, also atomic.
pub(crate) extern "C" fn mlock_drain_local() {
    drain_cpu::drain_local(&Live, &[Kind::Mlock]);
}

/// The mlock batch of a dead CPU, which is empty: see [`super::lru::is_this`].
pub(crate) extern "C" fn mlock_drain_remote(_cpu: c_int) {}
