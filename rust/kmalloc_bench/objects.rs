// SPDX-License-Identifier: GPL-2.0

//! The objects a run holds, and that none of them is lost.

use crate::{
    chunk::give_way,
    ffi,
    subject::{
        Kmalloc,
        Subject, //
    }, //
};
use core::ptr::null_mut;
use kernel::{
    alloc::flags,
    ffi::c_void,
    prelude::*, //
};

/// Slots filled or emptied before the CPU is offered to others.
const STRETCH: usize = 4096;

/// The slots that objects are kept in.
///
/// # Invariants
///
/// Each slot is null or owns an object of the kernel's allocator, except while a measured loop
/// works on it.
pub(crate) struct Objects(VVec<*mut c_void>);

impl Objects {
    /// Makes `count` empty slots.
    ///
    /// Fails with `ENOMEM`, or with `EINTR` on a signal. May sleep.
    pub(crate) fn new(count: usize) -> Result<Self> {
        let quiet = flags::GFP_KERNEL | flags::__GFP_NOWARN;
        let mut slots = VVec::with_capacity(count, quiet).inspect_err(|_| {
            pr_err!("no memory for the pointers to {count} objects\n");
        })?;
        while slots.len() < count {
            let missing = count - slots.len();
            // INVARIANT: The new slots are null.
            slots.extend_with(missing.min(STRETCH), null_mut(), quiet)?;
            give_way()?;
        }
        Ok(Self(slots))
    }

    /// The slots, for a measured loop, which has to leave them as the invariant says.
    pub(crate) fn slots(&mut self) -> &mut [*mut c_void] {
        &mut self.0
    }

    /// Frees what is there. May sleep.
    pub(crate) fn clear(&mut self) {
        for stretch in self.0.chunks_mut(STRETCH) {
            for slot in stretch {
                let object = core::mem::replace(slot, null_mut());
                // SAFETY: By the type invariant the slot owned the object, or was null; it is
                // null now.
                unsafe { Kmalloc(0).free(object) };
            }
            // SAFETY: The run holds no lock and disables nothing between two stretches.
            unsafe { ffi::kmalloc_bench_resched() };
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        self.clear();
    }
}
