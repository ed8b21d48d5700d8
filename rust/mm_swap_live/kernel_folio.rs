// SPDX-License-Identifier: GPL-2.0

//! The kernel's own folios.
//!
//! The atomic operations are those of `core` rather than of the kernel crate, whose are calls: these
//! are on hot paths. On x86, which is all that there is, a read-modify-write of `core` is the
//! instruction that the kernel's own is, a full barrier whatever ordering is asked for, and `Relaxed`
//! loads are `READ_ONCE()`.
//!
//! C header: [`include/linux/mm_types.h`](srctree/include/linux/mm_types.h)

use crate::mm::folio::{
    Flag,
    Folio, //
};
use core::{
    ptr,
    sync::atomic::{
        AtomicI32,
        AtomicUsize,
        Ordering::{
            Relaxed,
            SeqCst, //
        }, //
    },
};
use kernel::{
    bindings,
    types::Opaque, //
};

/// `struct folio`
#[repr(transparent)]
pub(crate) struct KernelFolio(Opaque<bindings::folio>);

// SAFETY: The page allocator's folios belong to no task; what is used here of one is atomic, or
// constant while there is a reference.
unsafe impl Send for KernelFolio {}

// SAFETY: As above.
unsafe impl Sync for KernelFolio {}

/// Returns the flag's bit.
pub(crate) const fn mask(flag: Flag) -> usize {
    let bit = match flag {
        Flag::Lru => bindings::pageflags_PG_lru,
        Flag::Active => bindings::pageflags_PG_active,
        Flag::Unevictable => bindings::pageflags_PG_unevictable,
        Flag::Mlocked => bindings::pageflags_PG_mlocked,
        Flag::Referenced => bindings::pageflags_PG_referenced,
        Flag::Swapbacked => bindings::pageflags_PG_swapbacked,
        Flag::Dirty => bindings::pageflags_PG_dirty,
        Flag::Writeback => bindings::pageflags_PG_writeback,
        Flag::Reclaim => bindings::pageflags_PG_reclaim,
    };

    1 << bit
}

impl KernelFolio {
    /// `folio->flags.f`
    #[inline(always)]
    pub(crate) fn flags(&self) -> &AtomicUsize {
        let folio = self.0.get();
        // SAFETY: A field of the union that every folio has; no reference is made to it.
        let flags = unsafe { &raw mut (*folio).__bindgen_anon_1.__bindgen_anon_1.flags.f };

        // SAFETY: Aligned, valid as long as `self`, and accessed atomically everywhere, but for what
        // the kernel does to folios that nobody else can see.
        unsafe { AtomicUsize::from_ptr(flags.cast()) }
    }

    /// Returns whether it goes as soon as its I/O is done, so that uses don't count
    /// (`folio_test_dropbehind()`).
    #[cfg(not(CONFIG_PREEMPT_RT))]
    #[inline(always)]
    pub(crate) fn is_dropbehind(&self) -> bool {
        self.flags().load(Relaxed) & (1 << bindings::pageflags_PG_dropbehind) != 0
    }

    /// Takes back that it is idle (`folio_test_idle()`, `folio_clear_idle()`), where the kernel keeps
    /// track of that.
    #[cfg(not(CONFIG_PREEMPT_RT))]
    #[inline(always)]
    pub(crate) fn clear_idle(&self) {
        #[cfg(CONFIG_PAGE_IDLE_FLAG)]
        const IDLE: usize = 1 << bindings::pageflags_PG_idle;

        #[cfg(CONFIG_PAGE_IDLE_FLAG)]
        if self.flags().load(Relaxed) & IDLE != 0 {
            self.flags().fetch_and(!IDLE, Relaxed);
        }
    }

    /// Returns whether no batch has a reference, as far as can be told from the count, the caller
    /// having `extra` (`folio_expected_ref_count()`).
    #[cfg(HAVE_lru_cache_drain_for_folio)]
    pub(crate) fn has_only(&self, extra: u32) -> bool {
        // SAFETY: A folio to which the caller has a reference.
        unsafe { crate::bindings::mm_swap_live_folio_has_only(self.0.get().cast(), extra) }
    }

    /// `folio->mapping`, as a number.
    #[inline(always)]
    fn mapping(&self) -> usize {
        let folio = self.0.get();
        // SAFETY: As in `flags()`.
        let mapping = unsafe { &raw const (*folio).__bindgen_anon_1.__bindgen_anon_1.mapping };

        // READ_ONCE(): it changes under us, in one go.
        //
        // SAFETY: As in `flags()`.
        unsafe { ptr::read_volatile(mapping) }.addr()
    }
}

// SAFETY: A folio stays in its place; it is freed by whoever puts the last reference, and aligned
// to 16 bytes.
unsafe impl Folio for KernelFolio {
    #[inline(always)]
    fn test(&self, flag: Flag) -> bool {
        self.flags().load(Relaxed) & mask(flag) != 0
    }

    #[inline(always)]
    fn set(&self, flag: Flag) {
        self.flags().fetch_or(mask(flag), Relaxed);
    }

    #[inline(always)]
    fn clear(&self, flag: Flag) {
        self.flags().fetch_and(!mask(flag), Relaxed);
    }

    #[inline(always)]
    fn test_and_set(&self, flag: Flag) -> bool {
        self.flags().fetch_or(mask(flag), SeqCst) & mask(flag) != 0
    }

    #[inline(always)]
    fn test_and_clear(&self, flag: Flag) -> bool {
        self.flags().fetch_and(!mask(flag), SeqCst) & mask(flag) != 0
    }

    #[inline(always)]
    fn is_anon(&self) -> bool {
        self.mapping() & bindings::FOLIO_MAPPING_ANON as usize != 0
    }

    #[inline(always)]
    fn is_swapcache(&self) -> bool {
        // Swap-backed as well: the bit means something else for a file's folio.
        let both = 1 << bindings::pageflags_PG_swapcache | mask(Flag::Swapbacked);

        self.flags().load(Relaxed) & both == both
    }

    #[inline(always)]
    fn may_be_cached(&self) -> bool {
        self.flags().load(Relaxed) & (1 << bindings::pageflags_PG_head) == 0
    }

    #[inline(always)]
    fn inc_ref(&self) {
        let folio = self.0.get();
        // SAFETY: As in `flags()`.
        let count =
            unsafe { &raw mut (*folio).__bindgen_anon_1.__bindgen_anon_1._refcount.counter };
        // SAFETY: As in `flags()`.
        let count = unsafe { AtomicI32::from_ptr(count) };

        count.fetch_add(1, Relaxed);
    }
}
