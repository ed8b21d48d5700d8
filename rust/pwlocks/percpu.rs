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

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kunit_tests(pwlocks_percpu)]
mod tests {
    use super::*;
    use kernel::sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
    };

    /// Allocates a `T` for each CPU.
    fn each<T>(mut make: impl FnMut(Cpu) -> T) -> Result<PerCpu<T>> {
        let init = |cpu, place: *mut T| {
            // SAFETY: The place is valid for writes.
            unsafe { place.write(make(cpu)) };
        };

        // SAFETY: `init` writes a `T`.
        unsafe { PerCpu::new_with(init) }
    }

    #[test]
    fn every_cpu_has_its_own() -> Result {
        let numbers = each(Cpu::id)?;

        for cpu in cpu::possible() {
            assert_eq!(*numbers.get(cpu), cpu.id());
            assert_eq!(
                numbers.ptr(cpu).cast_const(),
                core::ptr::from_ref(numbers.get(cpu))
            );
        }
        Ok(())
    }

    #[test]
    fn places_are_aligned_and_apart() -> Result {
        #[repr(align(64))]
        struct Line(#[expect(dead_code)] [u8; 100]);

        let lines = each(|_| Line([0; 100]))?;

        for cpu in cpu::possible() {
            assert!(lines.ptr(cpu).is_aligned());
            for other in cpu::possible().filter(|&other| other != cpu) {
                assert!(
                    lines.ptr(cpu).addr().abs_diff(lines.ptr(other).addr()) >= size_of::<Line>()
                );
            }
        }
        Ok(())
    }

    #[test]
    fn nothing_takes_up_no_room_and_can_be_had() -> Result {
        let mut made = 0;
        let _nothing = each(|_| made += 1)?;

        assert_eq!(made, cpu::possible().count());
        Ok(())
    }

    #[test]
    fn each_is_dropped_once() -> Result {
        struct Dropped(Arc<Atomic<i32>>);

        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.fetch_add(1, Relaxed);
            }
        }

        let count = Arc::new(Atomic::new(0), GFP_KERNEL)?;
        let all = each(|_| Dropped(count.clone()))?;

        assert_eq!(count.load(Relaxed), 0);
        drop(all);
        assert_eq!(count.load(Relaxed) as usize, cpu::possible().count());
        Ok(())
    }
}
