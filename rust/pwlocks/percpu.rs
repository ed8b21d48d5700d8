// SPDX-License-Identifier: GPL-2.0

//! Per-CPU storage from the kernel's allocator.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use crate::{
    bindings,
    cpu::{
        self,
        Cpu, //
    },
};
use core::{
    marker::PhantomData,
    mem::{
        align_of,
        needs_drop,
        size_of, //
    },
    ptr::NonNull,
};
use kernel::prelude::*;

/// One `T` for every possible CPU, all initialised.
///
/// # Invariants
///
/// `base` is a per-CPU pointer from the kernel's allocator, and the instance of every possible CPU
/// is an initialised `T`.
pub struct PerCpu<T> {
    base: NonNull<T>,
    _owns: PhantomData<T>,
}

// SAFETY: Moving the handle moves every instance with it.
unsafe impl<T: Send> Send for PerCpu<T> {}

// SAFETY: The handle only gives out shared references to instances.
unsafe impl<T: Sync> Sync for PerCpu<T> {}

impl<T> PerCpu<T> {
    /// Allocates the storage and has `init` make each CPU's instance where it is to live.
    ///
    /// `init` gets the CPU and a pointer to memory of `T`'s size and alignment, valid for writes.
    /// May sleep. Fails with `ENOMEM` if there is no memory; `size_of::<T>()` beyond what the per-CPU
    /// allocator serves (32 KiB) counts as that.
    ///
    /// # Safety
    ///
    /// `init` must leave a `T` at the pointer.
    pub unsafe fn new_with(mut init: impl FnMut(Cpu, *mut T)) -> Result<Self> {
        // A zero-sized allocation is refused, and a bare local lock over `()` is just that.
        let size = size_of::<T>().max(1);

        // SAFETY: `size` is not zero and an alignment is a power of two.
        let base = unsafe { bindings::pwlocks_percpu_alloc(size, align_of::<T>()) };
        let base = NonNull::new(base.cast::<T>()).ok_or(ENOMEM)?;

        for cpu in cpu::possible() {
            // SAFETY: `base` was just allocated and `cpu` is possible.
            let ptr = unsafe { bindings::pwlocks_percpu_ptr(base.as_ptr().cast(), cpu.id()) };

            init(cpu, ptr.cast());
        }

        // INVARIANT: `init` made the instance of every possible CPU.
        Ok(Self {
            base,
            _owns: PhantomData,
        })
    }

    /// Returns the per-CPU pointer, for the operations that take this CPU's instance.
    ///
    /// It is an offset, not an address: only the kernel's per-CPU accessors may use it.
    #[inline]
    pub fn as_ptr(&self) -> *mut T {
        self.base.as_ptr()
    }

    /// Returns the address of `cpu`'s instance.
    #[inline]
    pub fn ptr(&self, cpu: Cpu) -> *mut T {
        // SAFETY: By the type invariants the pointer is per-CPU and `cpu` is possible.
        unsafe { bindings::pwlocks_percpu_ptr(self.base.as_ptr().cast(), cpu.id()) }.cast()
    }

    /// Returns `cpu`'s instance.
    #[inline]
    pub fn get(&self, cpu: Cpu) -> &T {
        // SAFETY: By the type invariants the instance is initialised, and it lives as long as
        // `self`; shared references are all that `self` gives out.
        unsafe { &*self.ptr(cpu) }
    }
}

impl<T> Drop for PerCpu<T> {
    fn drop(&mut self) {
        if needs_drop::<T>() {
            for cpu in cpu::possible() {
                // SAFETY: The instance is initialised, is not used again, and nobody else has it.
                unsafe { core::ptr::drop_in_place(self.ptr(cpu)) };
            }
        }
        // SAFETY: `base` came from the allocator and all instances are gone.
        unsafe { bindings::pwlocks_percpu_free(self.base.as_ptr().cast()) };
    }
}
