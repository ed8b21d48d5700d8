// SPDX-License-Identifier: GPL-2.0

//! The locks of the kernel's batches, of this CPU or of any.
//!
//! A lock and what it protects are static per-CPU variables, so that all there is to remember of a
//! held lock is how far the owner CPU's copies are from the symbols.

use crate::stats;
use core::{
    marker::PhantomData,
    ops::{
        Deref,
        DerefMut, //
    },
};
use kernel::types::NotThreadSafe;
use pwlocks::{
    cpu::Cpu,
    owner::Owner, //
};

#[cfg(CONFIG_PREEMPT_RT)]
#[path = "lock/sleeping.rs"]
mod primitive;

#[cfg(not(CONFIG_PREEMPT_RT))]
#[path = "lock/ticket.rs"]
mod primitive;

pub(crate) use primitive::Word;

/// A lock that every possible CPU has, and its data.
///
/// # Safety
///
/// Both pointers must be of static per-CPU variables, the word that of an initialised lock, and
/// whatever accesses the data, other than by [`percpu`] and volatile reads, hold the lock.
pub(crate) unsafe trait PerCpuLock {
    /// What it protects.
    type Data;

    /// Whether interrupts take it as well, so that they are off under it (PREEMPT_RT: on).
    const IRQ: bool;

    /// Whether its CPU takes it to put folios into batches, so that it matters how long another CPU
    /// holds it: see [`crate::stats`].
    const TIMED: bool;

    /// Returns the per-CPU symbol of the lock.
    fn word() -> *const Word;

    /// Returns the per-CPU symbol of the data.
    fn data() -> *const Self::Data;
}

/// Returns the address of `cpu`'s copy of a static per-CPU variable.
#[inline]
pub(crate) fn percpu<T>(symbol: *const T, cpu: Cpu) -> *mut T {
    // Inline, unlike the kernel crate's: a drain of all looks at seven batches of each CPU.
    let offsets = (&raw const kernel::bindings::__per_cpu_offset).cast::<usize>();
    // SAFETY: The CPU is possible, so it has an entry.
    let entry = unsafe { offsets.add(cpu.id() as usize) };
    // SAFETY: As above, and it does not change after boot.
    let offset = unsafe { entry.read() };

    symbol.wrapping_byte_add(offset).cast_mut()
}

/// Says that a guard is for the CPU it was taken on, which its holder can't leave.
pub(crate) struct This;

/// Says that a guard is for the CPU that an owner token named.
pub(crate) struct Owned;

/// How a lock is released.
pub(crate) trait Release {
    /// # Safety
    ///
    /// The lock at `word` must have been taken in this way with `irq`, which returned `flags`.
    unsafe fn unlock(word: *mut Word, irq: bool, flags: usize);
}

impl Release for This {
    #[inline(always)]
    unsafe fn unlock(word: *mut Word, irq: bool, flags: usize) {
        // SAFETY: By the function's requirements.
        unsafe { primitive::unlock_this(word, irq, flags) };
    }
}

impl Release for Owned {
    #[inline(always)]
    unsafe fn unlock(word: *mut Word, irq: bool, flags: usize) {
        // SAFETY: By the function's requirements.
        unsafe { primitive::unlock(word, irq, flags) };
    }
}

/// One CPU's lock, held until dropped.
///
/// # Invariants
///
/// `L`'s lock of the CPU whose variables are `offset` bytes from their symbols was taken as `R`
/// says, and is held.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct Guard<L: PerCpuLock, R: Release> {
    offset: usize,
    flags: usize,
    /// When it was taken, or 0 if that does not matter.
    since: u64,
    _lock: PhantomData<(L, R)>,
    _not_send: NotThreadSafe,
}

impl<L: PerCpuLock, R: Release> Guard<L, R> {
    /// # Safety
    ///
    /// As the type's invariants; `flags` is what taking the lock returned.
    #[inline(always)]
    unsafe fn new(offset: usize, flags: usize) -> Self {
        // INVARIANT: By the function's requirements.
        Self {
            offset,
            flags,
            since: 0,
            _lock: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// Returns the owner CPU's copy of a part of the data, by its symbol.
    ///
    /// # Safety
    ///
    /// `symbol` must be the per-CPU pointer to a `T` within `L::data()`.
    #[cfg(not(CONFIG_PREEMPT_RT))]
    #[inline(always)]
    pub(crate) unsafe fn at<T>(&mut self, symbol: *const T) -> &mut T {
        let part = symbol.wrapping_byte_add(self.offset).cast_mut();

        // SAFETY: By the function's requirements, and by the type invariants the lock is held.
        unsafe { &mut *part }
    }

    #[inline(always)]
    fn data(&self) -> *mut L::Data {
        L::data().wrapping_byte_add(self.offset).cast_mut()
    }
}

impl<L: PerCpuLock> Guard<L, This> {
    /// Takes the lock of the CPU this runs on. Preemption is off until it is released (PREEMPT_RT:
    /// migration is off, and waiting sleeps). Not nested.
    #[inline(always)]
    pub(crate) fn lock() -> Self {
        // SAFETY: By the trait's requirements the word is a per-CPU lock.
        let (offset, flags) = unsafe { primitive::lock_this(L::word(), L::IRQ) };

        // SAFETY: Just taken.
        unsafe { Self::new(offset, flags) }
    }
}

impl<L: PerCpuLock> Guard<L, Owned> {
    /// Takes the lock of the CPU that `owner` names. Preemption is off until it is released
    /// (PREEMPT_RT: migration is off, and waiting sleeps).
    #[inline(always)]
    pub(crate) fn lock(owner: &Owner<'_>) -> Self {
        let word = percpu(L::word(), owner.cpu());
        // SAFETY: By the trait's requirements the word is a per-CPU lock.
        let flags = unsafe { primitive::lock(word, L::IRQ) };

        // SAFETY: Just taken.
        let mut guard = unsafe { Self::new(word.addr().wrapping_sub(L::word().addr()), flags) };

        if L::TIMED && owner.is_requester() {
            guard.since = stats::now();
        }
        guard
    }
}

impl<L: PerCpuLock, R: Release> Deref for Guard<L, R> {
    type Target = L::Data;

    #[inline(always)]
    fn deref(&self) -> &L::Data {
        // SAFETY: By the type invariants the lock is held, and the data is the CPU's.
        unsafe { &*self.data() }
    }
}

impl<L: PerCpuLock, R: Release> DerefMut for Guard<L, R> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut L::Data {
        // SAFETY: As in `deref()`.
        unsafe { &mut *self.data() }
    }
}

impl<L: PerCpuLock, R: Release> Drop for Guard<L, R> {
    #[inline(always)]
    fn drop(&mut self) {
        let word = L::word().wrapping_byte_add(self.offset).cast_mut();
        // Known when compiled, and nothing is added, where a CPU takes its own lock.
        let is_timed = self.since != 0;
        let until = if is_timed { stats::now() } else { 0 };

        // SAFETY: By the type invariants.
        unsafe { R::unlock(word, L::IRQ, self.flags) };
        if is_timed {
            stats::held(self.offset, until.wrapping_sub(self.since));
        }
    }
}
