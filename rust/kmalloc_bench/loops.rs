// SPDX-License-Identifier: GPL-2.0

//! The measured loops.
//!
//! Each is generic over its [`Subject`]: with [`Nothing`](crate::subject::Nothing) it costs what
//! the loop itself costs, which is taken off the figures. What is left for the allocator is the
//! call, its arguments, and everything until it returns.

use crate::{
    clock::stamp,
    subject::Subject, //
};
use core::ptr::null_mut;
use kernel::ffi::c_void;

/// Allocates an object into each slot. Returns the steps it took.
#[inline(never)]
pub(crate) fn alloc_all<S: Subject>(subject: S, slots: &mut [*mut c_void]) -> u64 {
    let start = stamp();
    for slot in slots {
        *slot = subject.alloc();
    }
    stamp().wrapping_sub(start)
}

/// Frees the object of each slot. Returns the steps it took; the slots are null afterwards.
///
/// # Safety
///
/// Each slot is null or owns an object of `subject`.
#[inline(never)]
pub(crate) unsafe fn free_all<S: Subject>(subject: S, slots: &mut [*mut c_void]) -> u64 {
    let start = stamp();
    for slot in slots.iter() {
        // SAFETY: The slot owns the object by the contract of this function, and is visited once.
        unsafe { subject.free(*slot) };
    }
    let steps = stamp().wrapping_sub(start);
    slots.fill(null_mut());
    steps
}

/// What [`pair_apart`] and [`replace`] found.
pub(crate) struct Apart {
    /// Steps that allocations took.
    pub(crate) alloc: u64,
    /// Steps that frees took.
    pub(crate) free: u64,
    /// Allocations that failed.
    pub(crate) failed: usize,
}

/// Allocates and frees an object `count` times. Returns the steps it took.
///
/// Allocation and free can't be told apart here, but no clock is read in between either.
#[inline(never)]
pub(crate) fn pair_together<S: Subject>(subject: S, count: usize) -> u64 {
    let start = stamp();
    for _ in 0..count {
        let object = subject.alloc();
        // SAFETY: Allocated above; null is fine.
        unsafe { subject.free(object) };
    }
    stamp().wrapping_sub(start)
}

/// Allocates and frees an object `count` times, reading the clock around each.
#[inline(never)]
pub(crate) fn pair_apart<S: Subject>(subject: S, count: usize) -> Apart {
    let mut apart = Apart {
        alloc: 0,
        free: 0,
        failed: 0,
    };
    for _ in 0..count {
        let start = stamp();
        let object = subject.alloc();
        let middle = stamp();
        // SAFETY: Allocated above; null is fine.
        unsafe { subject.free(object) };
        let end = stamp();
        apart.alloc = apart.alloc.wrapping_add(middle.wrapping_sub(start));
        apart.free = apart.free.wrapping_add(end.wrapping_sub(middle));
        apart.failed += usize::from(object.is_null());
    }
    apart
}

/// Replaces the objects of `count` slots that `random` chooses, reading the clock around each free
/// and each allocation.
///
/// # Safety
///
/// Each slot is null or owns an object of `subject`.
#[inline(never)]
pub(crate) unsafe fn replace<S: Subject>(
    subject: S,
    slots: &mut [*mut c_void],
    count: usize,
    random: &mut Random,
) -> Apart {
    let mut apart = Apart {
        alloc: 0,
        free: 0,
        failed: 0,
    };
    for _ in 0..count {
        let index = random.below(slots.len());
        let Some(slot) = slots.get_mut(index) else {
            break;
        };
        let old = *slot;
        let start = stamp();
        // SAFETY: The slot owns the object by the contract of this function, and gets another.
        unsafe { subject.free(old) };
        let middle = stamp();
        let object = subject.alloc();
        let end = stamp();
        *slot = object;
        apart.free = apart.free.wrapping_add(middle.wrapping_sub(start));
        apart.alloc = apart.alloc.wrapping_add(end.wrapping_sub(middle));
        apart.failed += usize::from(object.is_null());
    }
    apart
}

/// A sequence of numbers that a seed determines (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    /// Starts the sequence of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`; zero if that is zero.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        ((u128::from(number) * bound as u128) >> 64) as usize
    }
}
