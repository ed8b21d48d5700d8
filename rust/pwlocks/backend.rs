// SPDX-License-Identifier: GPL-2.0

//! The two kinds of lock word, as seen by the generic lock.

use crate::bindings;
use kernel::ffi::{
    c_char,
    c_ulong, //
};

/// The operations on a per-CPU lock word.
///
/// Pointers called `percpu` are per-CPU pointers (offsets); those called `lock` are addresses of one
/// CPU's instance, as an operation of the same backend returned it.
///
/// # Safety
///
/// Between an operation that returns an instance and the unlock of that instance nobody else may be
/// given the same one.
pub unsafe trait Backend {
    /// One CPU's lock word.
    type State;

    /// Initialises one CPU's lock word.
    ///
    /// # Safety
    ///
    /// `lock` must be valid for writes; `name` and `key` must live for ever.
    unsafe fn init(
        lock: *mut Self::State,
        name: *const c_char,
        key: *mut kernel::bindings::lock_class_key,
    );

    /// Pins the caller to its CPU and takes that CPU's lock (`pw_lock_local()`).
    ///
    /// # Safety
    ///
    /// Every instance of `percpu` must be initialised. Not from hard interrupts.
    unsafe fn lock_local(percpu: *mut Self::State) -> *mut Self::State;

    /// Undoes [`Backend::lock_local`].
    ///
    /// # Safety
    ///
    /// `lock` must come from it, in the same context, and not have been unlocked.
    unsafe fn unlock_local(lock: *mut Self::State);

    /// [`Backend::lock_local`] with interrupts off (not on PREEMPT_RT); their state in `flags`.
    ///
    /// # Safety
    ///
    /// As for [`Backend::lock_local`]; `flags` must be valid for writes.
    unsafe fn lock_local_irqsave(percpu: *mut Self::State, flags: *mut c_ulong)
        -> *mut Self::State;

    /// Undoes [`Backend::lock_local_irqsave`].
    ///
    /// # Safety
    ///
    /// `lock` and `flags` must come from it, in the same context, and not have been unlocked.
    unsafe fn unlock_local_irqrestore(lock: *mut Self::State, flags: c_ulong);

    /// Takes the lock of `cpu` (`pw_lock()`); a null instance if that is not ours to take.
    ///
    /// # Safety
    ///
    /// Every instance must be initialised, and the caller hold an owner token of this kind for
    /// possible CPU `cpu`.
    unsafe fn lock_owner(
        percpu: *mut Self::State,
        cpu: u32,
        token: bindings::pw_token,
    ) -> bindings::pw_taken;

    /// Undoes [`Backend::lock_owner`].
    ///
    /// # Safety
    ///
    /// `lock` and `how` must come from it, in the same task, and not have been unlocked.
    unsafe fn unlock_owner(lock: *mut Self::State, how: c_ulong);

    /// [`Backend::lock_owner`] with interrupts off (not on PREEMPT_RT); their state in `flags`.
    ///
    /// # Safety
    ///
    /// As for [`Backend::lock_owner`]; `flags` must be valid for writes.
    unsafe fn lock_owner_irqsave(
        percpu: *mut Self::State,
        cpu: u32,
        token: bindings::pw_token,
        flags: *mut c_ulong,
    ) -> bindings::pw_taken;

    /// Undoes [`Backend::lock_owner_irqsave`].
    ///
    /// # Safety
    ///
    /// `lock`, `how` and `flags` must come from it, in the same task, and not have been unlocked.
    unsafe fn unlock_owner_irqrestore(lock: *mut Self::State, how: c_ulong, flags: c_ulong);

    /// Has lockdep (and the test build) complain unless `lock`, an instance of `percpu`, is held.
    ///
    /// # Safety
    ///
    /// `lock` must be an initialised instance of `percpu`.
    unsafe fn assert_held(lock: *mut Self::State, percpu: *mut Self::State);
}

/// A [`Backend`] whose lock may also be tried.
///
/// None of the operations waits. On PREEMPT_RT they refuse in hard interrupt and NMI context, as
/// `local_trylock()` does.
///
/// # Safety
///
/// As for [`Backend`].
pub unsafe trait TryBackend: Backend {
    /// [`Backend::lock_local`], or null if the lock is held.
    ///
    /// # Safety
    ///
    /// Every instance of `percpu` must be initialised.
    unsafe fn try_lock_local(percpu: *mut Self::State) -> *mut Self::State;

    /// [`Backend::lock_local_irqsave`], or null if the lock is held.
    ///
    /// # Safety
    ///
    /// As for [`TryBackend::try_lock_local`]; `flags` must be valid for writes.
    unsafe fn try_lock_local_irqsave(
        percpu: *mut Self::State,
        flags: *mut c_ulong,
    ) -> *mut Self::State;

    /// [`Backend::lock_owner`], or a null instance if the lock is held.
    ///
    /// # Safety
    ///
    /// As for [`Backend::lock_owner`].
    unsafe fn try_lock_owner(
        percpu: *mut Self::State,
        cpu: u32,
        token: bindings::pw_token,
    ) -> bindings::pw_taken;
}

/// The lock word of [`PwLock`](crate::lock::PwLock), `pw_lock_t`.
pub struct LocalLock;

/// The lock word of [`PwTryLock`](crate::lock::PwTryLock), `pw_trylock_t`.
pub struct LocalTryLock;

/// The functions of the trylock type, which with `CONFIG_PWLOCKS=y` is no type of its own in C.
mod tl {
    #[cfg(not(CONFIG_PWLOCKS))]
    pub(super) use crate::bindings::{
        pw_trylock,
        pwlocks_tl_assert_held,
        pwlocks_tl_lock_init,
        pwlocks_tl_lock_local,
        pwlocks_tl_lock_local_irqsave,
        pwlocks_tl_lock_owner,
        pwlocks_tl_lock_owner_irqsave,
        pwlocks_tl_unlock_local,
        pwlocks_tl_unlock_local_irqrestore,
        pwlocks_tl_unlock_owner,
        pwlocks_tl_unlock_owner_irqrestore, //
    };

    #[cfg(CONFIG_PWLOCKS)]
    pub(super) use crate::bindings::{
        pw_lock as pw_trylock,
        pwlocks_assert_held as pwlocks_tl_assert_held,
        pwlocks_lock_init as pwlocks_tl_lock_init,
        pwlocks_lock_local as pwlocks_tl_lock_local,
        pwlocks_lock_local_irqsave as pwlocks_tl_lock_local_irqsave,
        pwlocks_lock_owner as pwlocks_tl_lock_owner,
        pwlocks_lock_owner_irqsave as pwlocks_tl_lock_owner_irqsave,
        pwlocks_unlock_local as pwlocks_tl_unlock_local,
        pwlocks_unlock_local_irqrestore as pwlocks_tl_unlock_local_irqrestore,
        pwlocks_unlock_owner as pwlocks_tl_unlock_owner,
        pwlocks_unlock_owner_irqrestore as pwlocks_tl_unlock_owner_irqrestore, //
    };
}

/// Implements [`Backend`] by the C functions of one lock type. Each is a single call, inlined into
/// the user, so that a lock operation costs one call.
macro_rules! backend {
    (
        $name:ty, $state:ty, $init:path, $lock:path, $unlock:path, $lock_irq:path,
        $unlock_irq:path, $owner:path, $unlock_owner:path, $owner_irq:path,
        $unlock_owner_irq:path, $assert:path
    ) => {
        // SAFETY: rust/helpers/local_lock.c: local mode excludes by pinning and the `local` flag,
        // remote mode by the instance's spinlock; the table in switch.rs shows that they do so
        // while the mode changes, too.
        unsafe impl Backend for $name {
            type State = $state;

            #[inline(always)]
            unsafe fn init(
                lock: *mut $state,
                name: *const c_char,
                key: *mut kernel::bindings::lock_class_key,
            ) {
                // SAFETY: By the function's requirements.
                unsafe { $init(lock, name, key) }
            }

            #[inline(always)]
            unsafe fn lock_local(percpu: *mut $state) -> *mut $state {
                // SAFETY: By the function's requirements.
                unsafe { $lock(percpu) }
            }

            #[inline(always)]
            unsafe fn unlock_local(lock: *mut $state) {
                // SAFETY: By the function's requirements.
                unsafe { $unlock(lock) }
            }

            #[inline(always)]
            unsafe fn lock_local_irqsave(percpu: *mut $state, flags: *mut c_ulong) -> *mut $state {
                // SAFETY: By the function's requirements.
                unsafe { $lock_irq(percpu, flags) }
            }

            #[inline(always)]
            unsafe fn unlock_local_irqrestore(lock: *mut $state, flags: c_ulong) {
                // SAFETY: By the function's requirements.
                unsafe { $unlock_irq(lock, flags) }
            }

            #[inline(always)]
            unsafe fn lock_owner(
                percpu: *mut $state,
                cpu: u32,
                token: bindings::pw_token,
            ) -> bindings::pw_taken {
                // SAFETY: By the function's requirements.
                unsafe { $owner(percpu, cpu, token) }
            }

            #[inline(always)]
            unsafe fn unlock_owner(lock: *mut $state, how: c_ulong) {
                // SAFETY: By the function's requirements.
                unsafe { $unlock_owner(lock, how) }
            }

            #[inline(always)]
            unsafe fn lock_owner_irqsave(
                percpu: *mut $state,
                cpu: u32,
                token: bindings::pw_token,
                flags: *mut c_ulong,
            ) -> bindings::pw_taken {
                // SAFETY: By the function's requirements.
                unsafe { $owner_irq(percpu, cpu, token, flags) }
            }

            #[inline(always)]
            unsafe fn unlock_owner_irqrestore(lock: *mut $state, how: c_ulong, flags: c_ulong) {
                // SAFETY: By the function's requirements.
                unsafe { $unlock_owner_irq(lock, how, flags) }
            }

            #[inline(always)]
            unsafe fn assert_held(lock: *mut $state, percpu: *mut $state) {
                // SAFETY: By the function's requirements.
                unsafe { $assert(lock, percpu) }
            }
        }
    };
}

backend!(
    LocalLock,
    bindings::pw_lock,
    bindings::pwlocks_lock_init,
    bindings::pwlocks_lock_local,
    bindings::pwlocks_unlock_local,
    bindings::pwlocks_lock_local_irqsave,
    bindings::pwlocks_unlock_local_irqrestore,
    bindings::pwlocks_lock_owner,
    bindings::pwlocks_unlock_owner,
    bindings::pwlocks_lock_owner_irqsave,
    bindings::pwlocks_unlock_owner_irqrestore,
    bindings::pwlocks_assert_held
);

backend!(
    LocalTryLock,
    tl::pw_trylock,
    tl::pwlocks_tl_lock_init,
    tl::pwlocks_tl_lock_local,
    tl::pwlocks_tl_unlock_local,
    tl::pwlocks_tl_lock_local_irqsave,
    tl::pwlocks_tl_unlock_local_irqrestore,
    tl::pwlocks_tl_lock_owner,
    tl::pwlocks_tl_unlock_owner,
    tl::pwlocks_tl_lock_owner_irqsave,
    tl::pwlocks_tl_unlock_owner_irqrestore,
    tl::pwlocks_tl_assert_held
);

// SAFETY: As for its `Backend`: a try either takes the same lock or returns null.
unsafe impl TryBackend for LocalTryLock {
    #[inline(always)]
    unsafe fn try_lock_local(percpu: *mut Self::State) -> *mut Self::State {
        // SAFETY: By the function's requirements.
        unsafe { bindings::pwlocks_trylock_local(percpu) }
    }

    #[inline(always)]
    unsafe fn try_lock_local_irqsave(
        percpu: *mut Self::State,
        flags: *mut c_ulong,
    ) -> *mut Self::State {
        // SAFETY: By the function's requirements.
        unsafe { bindings::pwlocks_trylock_local_irqsave(percpu, flags) }
    }

    #[inline(always)]
    unsafe fn try_lock_owner(
        percpu: *mut Self::State,
        cpu: u32,
        token: bindings::pw_token,
    ) -> bindings::pw_taken {
        // SAFETY: By the function's requirements.
        unsafe { bindings::pwlocks_trylock_owner(percpu, cpu, token) }
    }
}
