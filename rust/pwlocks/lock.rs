// SPDX-License-Identifier: GPL-2.0

//! The per-CPU lock and its guards.
//!
//! A sibling of [`kernel::sync::lock`]: one generic core, [`PerCpuLock`], and two small backends.
//! What differs is that there is a lock and a `T` for every possible CPU, and so two ways in:
//!
//! - [`lock_local`](PerCpuLock::lock_local) for the CPU the caller runs on, the hot path;
//! - [`lock`](PerCpuLock::lock) for the CPU that an [`Owner`] token names, the drain.
//!
//! Either returns a [`Guard`] for one CPU's `T`. The guard stands for exactly what was taken and its
//! drop releases exactly that; the switch is not read again.

use crate::{
    backend::{
        Backend,
        LocalLock,
        LocalTryLock,
        TryBackend, //
    },
    cpu::Cpu,
    owner::Owner,
    percpu::PerCpu,
};
use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ops::{
        Deref,
        DerefMut, //
    },
    pin::Pin,
    ptr::NonNull,
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

/// One CPU's lock word and what it protects. The word comes first: C returns its address.
#[repr(C)]
struct Slot<T, B: Backend> {
    state: Opaque<B::State>,
    cpu: Cpu,
    data: UnsafeCell<T>,
}

/// A lock and a `T` for every possible CPU.
///
/// Use it by the names [`PwLock`] and [`PwTryLock`].
pub struct PerCpuLock<T, B: Backend> {
    slots: PerCpu<Slot<T, B>>,
}

/// The series' `pw_lock_t` and the per-CPU data it protects.
///
/// In local mode it is the kernel's `local_lock_t`, in remote mode a spinlock per CPU. Waiting spins
/// (PREEMPT_RT: sleeps). With `CONFIG_PWLOCKS=n` it is the bare `local_lock_t`.
///
/// # Examples
///
/// ```ignore
/// let pending = new_pw_lock!(|_cpu| Batch::new())?;
///
/// // The hot path: this CPU's instance.
/// pending.lock_local().push(item);
///
/// // Drain work: `owner` says whose instance, wherever this runs.
/// fn drain(pending: &PwLock<Batch>, owner: &Owner<'_>) {
///     if let Some(mut batch) = pending.lock(owner) {
///         batch.take();
///     }
/// }
/// ```
pub type PwLock<T> = PerCpuLock<T, LocalLock>;

/// The series' `pw_trylock_t`: a [`PwLock`] that may also be tried.
pub type PwTryLock<T> = PerCpuLock<T, LocalTryLock>;

// SAFETY: Only one guard at a time gives access to an instance, in whichever task holds it; moving
// the whole moves the instances.
unsafe impl<T: Send, B: Backend> Send for PerCpuLock<T, B> {}

// SAFETY: As above: access is serialised per instance, so `T: Send` suffices.
unsafe impl<T: Send, B: Backend> Sync for PerCpuLock<T, B> {}

/// Creates a [`PwLock`] with a lock class of its own.
///
/// `new_pw_lock!(|cpu| data [, "name"])`; the name defaults to file and line.
#[macro_export]
macro_rules! new_pw_lock {
    ($init:expr $(, $name:literal)? $(,)?) => {
        $crate::lock::PwLock::new(
            $init,
            ::kernel::optional_name!($($name)?),
            ::kernel::static_lock_class!(),
        )
    };
}

/// Creates a [`PwTryLock`] with a lock class of its own; see [`new_pw_lock!`].
#[macro_export]
macro_rules! new_pw_trylock {
    ($init:expr $(, $name:literal)? $(,)?) => {
        $crate::lock::PwTryLock::new(
            $init,
            ::kernel::optional_name!($($name)?),
            ::kernel::static_lock_class!(),
        )
    };
}

impl<T, B: Backend> PerCpuLock<T, B> {
    /// The room that one CPU's lock word takes, in bytes. Zero where it is a bare local lock.
    pub const LOCK_SIZE: usize = core::mem::size_of::<B::State>();

    /// Allocates and initialises every possible CPU's lock and data; `init` makes the data.
    ///
    /// Nobody can see the value before all of it is initialised. May sleep. `ENOMEM` if there is no
    /// memory.
    pub fn new(
        mut init: impl FnMut(Cpu) -> T,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> Result<Self> {
        let make = |cpu, slot: *mut Slot<T, B>| {
            // SAFETY: `slot` is valid for writes, and so is its field.
            let state = unsafe { Opaque::cast_into(&raw const (*slot).state) };
            // SAFETY: `slot` is valid for writes, and so is its field.
            let owner = unsafe { &raw mut (*slot).cpu };
            // SAFETY: `slot` is valid for writes, and so is its field.
            let data = unsafe { &raw mut (*slot).data };

            // SAFETY: `state` is valid for writes; name and key are static.
            unsafe { B::init(state, name.as_char_ptr(), key.as_ptr()) };
            // SAFETY: Valid for writes, see above.
            unsafe { owner.write(cpu) };
            // SAFETY: Valid for writes, see above.
            unsafe { data.write(UnsafeCell::new(init(cpu))) };
        };

        Ok(Self {
            // SAFETY: `make` writes all three fields.
            slots: unsafe { PerCpu::new_with(make) }?,
        })
    }

    /// Returns the per-CPU pointer to the lock words.
    #[inline(always)]
    fn percpu(&self) -> *mut B::State {
        // The word is the first field, and an offset of per-CPU storage is not an address yet.
        self.slots.as_ptr().cast()
    }

    /// Pins the caller to its CPU and takes that CPU's lock (`pw_lock_local()`).
    ///
    /// Until the guard is dropped preemption is off (PREEMPT_RT: migration is off). Context: task or
    /// softirq, as long as no interrupt handler takes the same lock. Must not be nested, which is
    /// caught: a deadlock in remote mode, a `BUG` in local mode (with `CONFIG_PWLOCKS=n` by lockdep
    /// only, as for `local_lock()`).
    #[inline(always)]
    pub fn lock_local(&self) -> Guard<'_, T, B, Local> {
        // SAFETY: All instances are initialised since construction.
        let state = unsafe { B::lock_local(self.percpu()) };

        // SAFETY: We were just given this instance, and `Local` releases it.
        unsafe { Guard::new(state, Local) }
    }

    /// [`Self::lock_local`] with interrupts off (`pw_lock_local_irqsave()`).
    ///
    /// For locks that hard interrupts take as well; all their users take them this way. On
    /// PREEMPT_RT interrupts stay on, as with `local_lock_irqsave()`, and context is task only.
    #[inline(always)]
    pub fn lock_local_irqsave(&self) -> Guard<'_, T, B, LocalIrq> {
        let mut flags = 0;
        // SAFETY: All instances are initialised since construction; `flags` is ours.
        let state = unsafe { B::lock_local_irqsave(self.percpu(), &mut flags) };

        // SAFETY: We were just given this instance, and `LocalIrq` releases it.
        unsafe { Guard::new(state, LocalIrq(flags)) }
    }

    /// Takes the lock of the CPU that `owner` names (`pw_lock()`).
    ///
    /// As a requester, or if the CPU is dead, from wherever the caller runs. Otherwise the caller
    /// is a worker of that CPU; `None` says that it no longer is, because the CPU is going down,
    /// and then the state is not the caller's to touch: the hotplug callback salvages it. Context:
    /// task.
    #[must_use = "without the guard nothing is locked"]
    #[inline]
    pub fn lock(&self, owner: &Owner<'_>) -> Option<Guard<'_, T, B, ByOwner>> {
        // SAFETY: All instances are initialised, and `owner` is a token for the CPU.
        let taken = unsafe { B::lock_owner(self.percpu(), owner.cpu().id(), owner.token()) };

        // SAFETY: The result is of the lock operation that `ByOwner` undoes.
        unsafe { Guard::from_raw(taken.lock.cast(), ByOwner(taken.how)) }
    }

    /// [`Self::lock`] with interrupts off (`pw_lock_irqsave()`; PREEMPT_RT: they stay on).
    #[must_use = "without the guard nothing is locked"]
    #[inline]
    pub fn lock_irqsave(&self, owner: &Owner<'_>) -> Option<Guard<'_, T, B, ByOwnerIrq>> {
        let mut flags = 0;
        // SAFETY: All instances are initialised, `owner` is a token for the CPU, `flags` is ours.
        let taken = unsafe {
            B::lock_owner_irqsave(self.percpu(), owner.cpu().id(), owner.token(), &mut flags)
        };

        // SAFETY: The result is of the lock operation that `ByOwnerIrq` undoes.
        unsafe { Guard::from_raw(taken.lock.cast(), ByOwnerIrq(taken.how, flags)) }
    }

    /// Has lockdep complain unless the instance that `guard` stands for is held
    /// (`pw_lockdep_assert_held()`). It is the guard's CPU that counts, not the one this runs on.
    #[inline]
    pub fn assert_held<R: Release<B>>(&self, guard: &Guard<'_, T, B, R>) {
        // SAFETY: A guard's slot is an initialised instance.
        let lock = unsafe { guard.slot.as_ref() }.state.get();

        // SAFETY: An initialised instance, see above.
        unsafe { B::assert_held(lock, self.percpu()) };
    }

    /// Looks at `cpu`'s data without any lock, for hints such as "is there anything to drain".
    ///
    /// # Safety
    ///
    /// The instance may be changing: what `f` reads through the pointer must be atomic or volatile,
    /// and it must not write.
    #[inline]
    pub unsafe fn peek<U>(&self, cpu: Cpu, f: impl FnOnce(*const T) -> U) -> U {
        f(self.slots.get(cpu).data.get())
    }
}

impl<T, B: TryBackend> PerCpuLock<T, B> {
    /// [`Self::lock_local`] if the lock is free (`pw_trylock_local()`). Never waits.
    ///
    /// Any context; on PREEMPT_RT it refuses in hard interrupts and NMIs.
    #[must_use = "if unused, the lock will be immediately unlocked"]
    #[inline]
    pub fn try_lock_local(&self) -> Option<Guard<'_, T, B, Local>> {
        // SAFETY: All instances are initialised since construction.
        let state = unsafe { B::try_lock_local(self.percpu()) };

        // SAFETY: The result is of the lock operation that `Local` undoes.
        unsafe { Guard::from_raw(state, Local) }
    }

    /// [`Self::lock_local_irqsave`] if the lock is free (`pw_trylock_local_irqsave()`).
    #[must_use = "if unused, the lock will be immediately unlocked"]
    #[inline]
    pub fn try_lock_local_irqsave(&self) -> Option<Guard<'_, T, B, LocalIrq>> {
        let mut flags = 0;
        // SAFETY: All instances are initialised since construction; `flags` is ours.
        let state = unsafe { B::try_lock_local_irqsave(self.percpu(), &mut flags) };

        // SAFETY: The result is of the lock operation that `LocalIrq` undoes.
        unsafe { Guard::from_raw(state, LocalIrq(flags)) }
    }

    /// [`Self::lock`] if the lock is free (`pw_trylock()`).
    #[must_use = "if unused, the lock will be immediately unlocked"]
    #[inline]
    pub fn try_lock(&self, owner: &Owner<'_>) -> Option<Guard<'_, T, B, ByOwner>> {
        // SAFETY: All instances are initialised, and `owner` is a token for the CPU.
        let taken = unsafe { B::try_lock_owner(self.percpu(), owner.cpu().id(), owner.token()) };

        // SAFETY: The result is of the lock operation that `ByOwner` undoes.
        unsafe { Guard::from_raw(taken.lock.cast(), ByOwner(taken.how)) }
    }
}

/// How a guard releases what it stands for.
///
/// # Safety
///
/// `release` must undo the lock operation that the value was made for.
pub unsafe trait Release<B: Backend> {
    /// Releases `lock`.
    ///
    /// # Safety
    ///
    /// `lock` must come from the operation that `self` was made for and not have been released.
    unsafe fn release(&self, lock: *mut B::State);
}

/// Taken by [`PerCpuLock::lock_local`] or a try of it. Which primitive that was is in the lock word.
pub struct Local;

/// Taken by [`PerCpuLock::lock_local_irqsave`] or a try of it; the interrupt state before.
pub struct LocalIrq(c_ulong);

/// Taken by [`PerCpuLock::lock`] or a try of it; the primitive.
pub struct ByOwner(c_ulong);

/// Taken by [`PerCpuLock::lock_irqsave`]; the primitive and the interrupt state before.
pub struct ByOwnerIrq(c_ulong, c_ulong);

// SAFETY: The two operations are a pair in every backend.
unsafe impl<B: Backend> Release<B> for Local {
    #[inline(always)]
    unsafe fn release(&self, lock: *mut B::State) {
        // SAFETY: By the function's requirements.
        unsafe { B::unlock_local(lock) }
    }
}

// SAFETY: The two operations are a pair in every backend.
unsafe impl<B: Backend> Release<B> for LocalIrq {
    #[inline(always)]
    unsafe fn release(&self, lock: *mut B::State) {
        // SAFETY: By the function's requirements.
        unsafe { B::unlock_local_irqrestore(lock, self.0) }
    }
}

// SAFETY: The two operations are a pair in every backend.
unsafe impl<B: Backend> Release<B> for ByOwner {
    #[inline(always)]
    unsafe fn release(&self, lock: *mut B::State) {
        // SAFETY: By the function's requirements.
        unsafe { B::unlock_owner(lock, self.0) }
    }
}

// SAFETY: The two operations are a pair in every backend.
unsafe impl<B: Backend> Release<B> for ByOwnerIrq {
    #[inline(always)]
    unsafe fn release(&self, lock: *mut B::State) {
        // SAFETY: By the function's requirements.
        unsafe { B::unlock_owner_irqrestore(lock, self.0, self.1) }
    }
}

/// Access to one CPU's data, until dropped.
///
/// # Invariants
///
/// `slot` is an initialised instance that a lock operation gave to this guard, and `release` undoes
/// that operation.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub struct Guard<'a, T, B: Backend, R: Release<B>> {
    slot: NonNull<Slot<T, B>>,
    release: R,
    _lock: PhantomData<&'a PerCpuLock<T, B>>,
    _not_send: NotThreadSafe,
}

// SAFETY: A shared guard only gives shared access to the data.
unsafe impl<T: Sync, B: Backend, R: Release<B>> Sync for Guard<'_, T, B, R> {}

impl<T, B: Backend, R: Release<B>> Guard<'_, T, B, R> {
    /// # Safety
    ///
    /// `state` must be the instance that the operation which `release` undoes just returned.
    #[inline(always)]
    unsafe fn new(state: *mut B::State, release: R) -> Self {
        // INVARIANT: The word is the slot's first field, and the slot was just given to us.
        Self {
            // SAFETY: A backend that returns at all returns an instance.
            slot: unsafe { NonNull::new_unchecked(state.cast()) },
            release,
            _lock: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// # Safety
    ///
    /// As for [`Self::new`], but `state` may be null if nothing was taken.
    #[inline(always)]
    unsafe fn from_raw(state: *mut B::State, release: R) -> Option<Self> {
        if state.is_null() {
            return None;
        }
        // SAFETY: By the function's requirements.
        Some(unsafe { Self::new(state, release) })
    }

    /// Returns the CPU whose instance this is.
    #[inline]
    pub fn cpu(&self) -> Cpu {
        // SAFETY: By the type invariants the slot is initialised; `cpu` never changes.
        unsafe { self.slot.as_ref() }.cpu
    }
}

impl<T, B: Backend, R: Release<B>> Deref for Guard<'_, T, B, R> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariants the instance is this guard's.
        unsafe { &*self.slot.as_ref().data.get() }
    }
}

impl<T: Unpin, B: Backend, R: Release<B>> DerefMut for Guard<'_, T, B, R> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariants the instance is this guard's.
        unsafe { &mut *self.slot.as_ref().data.get() }
    }
}

impl<T, B: Backend, R: Release<B>> Drop for Guard<'_, T, B, R> {
    #[inline(always)]
    fn drop(&mut self) {
        // The word is the slot's first field.
        let lock = self.slot.as_ptr().cast();

        // SAFETY: By the type invariants.
        unsafe { self.release.release(lock) };
    }
}
