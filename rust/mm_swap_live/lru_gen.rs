// SPDX-License-Identifier: GPL-2.0

//! The multi-generational LRU, which keeps its own account of accesses (`CONFIG_LRU_GEN`).
//!
//! C header: [`include/linux/mm_inline.h`](srctree/include/linux/mm_inline.h)

use crate::{
    bindings,
    kernel_folio::{
        mask,
        KernelFolio, //
    },
    mm::folio::{
        Flag,
        Folio, //
    },
    symbols,
};
use core::{
    ptr,
    sync::atomic::Ordering::Relaxed, //
};

/// Returns whether it is in use (`lru_gen_enabled()`), which can be changed at run time.
///
/// C has a static branch for it, on a key whose kind depends on the configuration. A load and a
/// test of the key's count are two instructions more and right for either.
#[inline(always)]
pub(crate) fn is_enabled() -> bool {
    // SAFETY: A static key of the kernel's; the count changes under us, in one go.
    unsafe { ptr::read_volatile(&raw const symbols::lru_gen_caps.enabled.counter) > 0 }
}

/// Notes a use of `folio` (`lru_gen_inc_refs()`): the first sets the referenced flag, others count
/// in the flags word, and what is beyond counting makes the folio part of the working set.
#[inline(always)]
pub(crate) fn note_access(folio: &KernelFolio) {
    const REFS: usize = bindings::mm_swap_live_lru_refs_mask;
    const ONE: usize = bindings::mm_swap_live_lru_refs_one;
    const WORKINGSET: usize = 1 << kernel::bindings::pageflags_PG_workingset;

    let flags = folio.flags();
    let mut old = flags.load(Relaxed);

    if folio.test(Flag::Unevictable) {
        return;
    }

    loop {
        let new = if old & mask(Flag::Referenced) == 0 {
            old & !REFS | mask(Flag::Referenced)
        } else if old & REFS == REFS {
            if old & WORKINGSET == 0 {
                flags.fetch_or(WORKINGSET, Relaxed);
            }
            return;
        } else {
            old + ONE
        };

        match flags.compare_exchange_weak(old, new, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => old = now,
        }
    }
}
