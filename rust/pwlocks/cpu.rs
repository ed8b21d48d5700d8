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

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(pwlocks_cpu)]
mod tests {
    use super::*;
    use kernel::prelude::*;

    #[test]
    fn possible_cpus_come_once_and_in_order() {
        let mut last = None;

        for cpu in possible() {
            assert!(last < Some(cpu));
            last = Some(cpu);
        }
        assert!(last.is_some());
    }

    #[test]
    fn a_number_is_a_cpu_if_it_is_not_passed_over() -> Result {
        let last = possible().last().ok_or(ENODEV)?;

        for id in 0..=last.id() {
            assert_eq!(Cpu::new(id), possible().find(|cpu| cpu.id() == id));
        }
        Ok(())
    }

    #[test]
    fn numbers_out_of_range_are_no_cpus() -> Result {
        let last = possible().last().ok_or(ENODEV)?;

        for id in [last.id() + 1, 1 << 16, i32::MAX as u32, 1 << 31, u32::MAX] {
            assert_eq!(Cpu::new(id), None);
        }
        Ok(())
    }

    #[test]
    fn a_cpu_that_runs_code_is_possible() {
        let current = Cpu::current();

        assert_eq!(Cpu::new(current.id()), Some(current));
    }

    #[test]
    fn the_end_stays_the_end() {
        let mut cpus = possible();

        while cpus.next().is_some() {}
        assert!(cpus.next().is_none());
    }
}
