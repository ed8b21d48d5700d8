// SPDX-License-Identifier: GPL-2.0

//! The drain before a folio is pinned for long: replaced on the kernels that have it (7.3).

use super::drain::with_drain;
use crate::{
    bindings,
    kernel_folio::KernelFolio,
    mm::{
        drain_cpu,
        folio::Folio, //
    },
};
use core::ffi::c_uint;

/// Drains this CPU's batches, and if that was not enough those of all CPUs, for a folio to lose the
/// references that are in batches. Where several folios are looked at in a row, `drained` remembers
/// how far that has come.
///
/// Task context, may sleep.
///
/// # Safety
///
/// The caller has a reference to the folio; `drained` is null or the caller's own.
pub(crate) unsafe extern "C" fn lru_cache_drain_for_folio(
    folio: *const KernelFolio,
    extra_refs: c_uint,
    drained: *mut u32,
) {
    // SAFETY: By the function's requirements.
    let folio = unsafe { &*folio };
    // SAFETY: By the function's requirements.
    let drained = unsafe { drained.as_mut() };
    let mut unremembered = bindings::MM_SWAP_LIVE_NOT_DRAINED;
    let drained = drained.unwrap_or(&mut unremembered);

    if !folio.may_be_cached() {
        return;
    }
    with_drain(|drain| {
        if *drained == bindings::MM_SWAP_LIVE_NOT_DRAINED {
            if folio.has_only(extra_refs) {
                return;
            }
            drain_cpu::lru_add_drain(drain.mm());
            *drained = bindings::MM_SWAP_LIVE_DRAINED;
        }
        if *drained == bindings::MM_SWAP_LIVE_DRAINED {
            if folio.has_only(extra_refs) {
                return;
            }
            drain.all(false);
            *drained = bindings::MM_SWAP_LIVE_DRAINED_ALL;
        }
    });
}
