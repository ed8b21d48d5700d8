// SPDX-License-Identifier: GPL-2.0

//! What the measured loops call: the allocator, or nothing.
//!
//! The loops are generic over it, so that their own cost is measured with the very same code.

use core::arch::asm;
use kernel::{
    bindings,
    ffi::c_void, //
};

/// The flags of the series, less the splat that a failed allocation would print.
const FLAGS: bindings::gfp_t = bindings::GFP_ATOMIC | bindings::__GFP_NOWARN;

/// Something that allocates and frees.
pub(crate) trait Subject: Copy {
    /// Whether a null pointer means that it has failed.
    const FAILS: bool;

    /// Allocates an object, or returns null.
    fn alloc(self) -> *mut c_void;

    /// Frees an object.
    ///
    /// # Safety
    ///
    /// `object` is null or came from [`Subject::alloc`] of the same subject, and was not freed since.
    unsafe fn free(self, object: *mut c_void);
}

/// The kernel's allocator, with objects of this many bytes.
#[derive(Clone, Copy)]
pub(crate) struct Kmalloc(pub(crate) usize);

impl Subject for Kmalloc {
    const FAILS: bool = true;

    /// `kmalloc()`, as C compiles it for a size that isn't a constant: one direct call.
    #[inline(always)]
    fn alloc(self) -> *mut c_void {
        // SAFETY: May be called with any size, from any context but NMI (on PREEMPT_RT: with
        // preemption on, as everywhere in this module).
        unsafe { bindings::__kmalloc_noprof(self.0, FLAGS) }
    }

    #[inline(always)]
    unsafe fn free(self, object: *mut c_void) {
        // SAFETY: By the contract of this function.
        unsafe { bindings::kfree(object) }
    }
}

/// Nothing: a null pointer in a register.
#[derive(Clone, Copy)]
pub(crate) struct Nothing;

impl Subject for Nothing {
    const FAILS: bool = false;

    #[inline(always)]
    fn alloc(self) -> *mut c_void {
        let mut object: *mut c_void = core::ptr::null_mut();
        // SAFETY: Does nothing; the compiler has to believe that it may write memory and `object`,
        // as an allocator may, and so keeps the loop as it is.
        unsafe { asm!("/* {0} */", inlateout(reg) object, options(nostack, preserves_flags)) };
        // Null as before, and nobody relies on it: `free` below takes anything.
        object
    }

    #[inline(always)]
    unsafe fn free(self, object: *mut c_void) {
        // SAFETY: Does nothing, see `alloc`.
        unsafe { asm!("/* {0} */", in(reg) object, options(nostack, preserves_flags)) };
    }
}
