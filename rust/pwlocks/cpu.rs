// SPDX-License-Identifier: GPL-2.0

//! CPU numbers that are known to be possible CPUs.
//!
//! C header: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h)

use crate::bindings;

/// The number of a possible CPU.
///
/// [`kernel::cpu::CpuId`] only promises a number below `nr_cpu_ids`; per-CPU storage exists for
/// possible CPUs.
///
/// # Invariants
///
/// The CPU is in `cpu_possible_mask`, which does not change after boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu(u32);

impl Cpu {
    /// Returns the CPU numbered `id`, or `None` if there can be no such CPU.
    #[inline]
    pub fn new(id: u32) -> Option<Self> {
        // SAFETY: The function takes any number.
        if unsafe { bindings::pwlocks_cpu_possible(id) } {
            // INVARIANT: Just checked.
            Some(Self(id))
        } else {
            None
        }
    }

    /// Returns the CPU's number.
    #[inline]
    pub fn id(self) -> u32 {
        self.0
    }

    /// Returns whether the CPU is online, which may be over by the time the caller looks.
    #[inline]
    pub fn is_online(self) -> bool {
        // SAFETY: A possible CPU's number is within the mask.
        unsafe { bindings::pwlocks_cpu_online(self.0) }
    }

    /// Returns the CPU that this runs on. Unless the caller is pinned, that may be over too.
    #[inline]
    pub fn current() -> Self {
        // INVARIANT: A CPU that runs code is possible.
        Self(kernel::cpu::CpuId::current().as_u32())
    }
}

/// Iterates over all possible CPUs, in ascending order (`for_each_possible_cpu()`).
#[inline]
pub fn possible() -> Possible {
    Possible { last: -1 }
}

/// The iterator that [`possible()`] returns.
pub struct Possible {
    last: i32,
}

impl Iterator for Possible {
    type Item = Cpu;

    #[inline]
    fn next(&mut self) -> Option<Cpu> {
        // SAFETY: `last` is -1 or the number of a possible CPU.
        let next = unsafe { bindings::pwlocks_next_possible_cpu(self.last) };
        // INVARIANT: If there is one, it is possible.
        let cpu = Cpu(u32::try_from(next).ok()?);

        self.last = next;
        Some(cpu)
    }
}
