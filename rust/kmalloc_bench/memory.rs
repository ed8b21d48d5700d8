// SPDX-License-Identifier: GPL-2.0

//! Whether a run fits in memory, asked before it starts.
//!
//! The allocations of a run are atomic: they can't wait for reclaim, and a machine they have
//! emptied has nothing left for anyone else. Half of what is available is the limit.

use crate::params::{
    Params,
    Pattern, //
};
use core::mem::size_of;
use kernel::{
    bindings,
    ffi::c_void,
    page::PAGE_SIZE,
    prelude::*, //
};

/// Objects [`Pattern::Mixed`] keeps allocated, unless it is asked for fewer iterations.
const WORKING_SET: usize = 8192;

/// What a run keeps allocated at once.
pub(crate) struct Footprint {
    /// Objects.
    pub(crate) objects: usize,
    /// Bytes each of them really takes.
    pub(crate) bucket: usize,
}

impl Footprint {
    /// Finds out what `params` needs, and whether that fits.
    ///
    /// Fails with `ENOMEM` and one log line that says what would fit.
    pub(crate) fn check(params: &Params) -> Result<Self> {
        // SAFETY: Always safe to call.
        let bucket = unsafe { bindings::kmalloc_size_roundup(params.size) };
        let objects = match params.pattern {
            Pattern::Batch => params.iterations,
            Pattern::Pair => 1,
            Pattern::Mixed => params.iterations.min(WORKING_SET),
        };
        // SAFETY: Always safe to call.
        let pages = unsafe { bindings::si_mem_available() };
        let half = usize::try_from(pages)
            .unwrap_or(0)
            .saturating_mul(PAGE_SIZE)
            / 2;
        // The array of pointers takes whole pages.
        let need = objects
            .checked_mul(size_of::<*mut c_void>())
            .and_then(|array| array.checked_next_multiple_of(PAGE_SIZE))
            .and_then(|array| array.checked_add(objects.checked_mul(bucket)?));
        if need.is_some_and(|need| need <= half) {
            return Ok(Self { objects, bucket });
        }
        let fits = half.saturating_sub(PAGE_SIZE) / (bucket + size_of::<*mut c_void>());
        // Available memory moves a little until the next try.
        let fits = fits - fits / 64;
        let half_kib = half / 1024;
        if fits == 0 || params.pattern == Pattern::Pair {
            pr_err!(
                "an object of {bucket} bytes does not fit in half of the available memory \
                 ({half_kib} KiB): use a smaller size=\n"
            );
        } else {
            pr_err!(
                "{objects} objects of {bucket} bytes and the pointers to them do not fit in half \
                 of the available memory ({half_kib} KiB): iterations={fits} would fit\n"
            );
        }
        Err(ENOMEM)
    }
}
