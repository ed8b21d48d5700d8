// SPDX-License-Identifier: GPL-2.0

//! A spinlock that is taken with interrupts off.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use crate::bindings;
use core::{
    cell::UnsafeCell,
    ops::{
        Deref,
        DerefMut, //
    },
    pin::Pin,
};
use kernel::{
    ffi::c_ulong,
    prelude::*,
    sync::LockClassKey,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// [`SpinLock`](kernel::sync::SpinLock) with `spin_lock_irqsave()`, for data that interrupts use
/// too.
#[pin_data]
pub(crate) struct IrqLock<T> {
    #[pin]
    lock: Opaque<kernel::bindings::spinlock_t>,
    data: UnsafeCell<T>,
}

// SAFETY: The lock moves with its data only before it is pinned.
unsafe impl<T: Send> Send for IrqLock<T> {}

// SAFETY: Access is serialised by the lock, so `T: Send` suffices.
unsafe impl<T: Send> Sync for IrqLock<T> {}

impl<T> IrqLock<T> {
    /// Makes an unlocked lock.
    pub(crate) fn new(
        data: T,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            lock <- Opaque::ffi_init(|lock| {
                let name = name.as_char_ptr();

                // SAFETY: `lock` is valid for writes and does not move; name and key are static.
                unsafe { kernel::bindings::__spin_lock_init(lock, name, key.as_ptr()) }
            }),
            data: UnsafeCell::new(data),
        })
    }

    /// Takes the lock. Any context but NMI; on PREEMPT_RT it may sleep and interrupts stay on.
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        // SAFETY: The lock is initialised.
        let flags = unsafe { bindings::mm_swap_demo_spin_lock_irqsave(self.lock.get()) };

        // INVARIANT: We just took it.
        Guard {
            lock: self,
            flags,
            _not_send: NotThreadSafe,
        }
    }
}

/// Access to the data, until dropped.
///
/// # Invariants
///
/// The lock is held, and interrupts were as `flags` says.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct Guard<'a, T> {
    lock: &'a IrqLock<T>,
    flags: c_ulong,
    _not_send: NotThreadSafe,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariants the lock is held.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariants the lock is held.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        let lock = self.lock.lock.get();

        // SAFETY: By the type invariants.
        unsafe { bindings::mm_swap_demo_spin_unlock_irqrestore(lock, self.flags) };
    }
}
