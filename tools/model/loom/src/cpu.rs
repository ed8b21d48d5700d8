// SPDX-License-Identifier: GPL-2.0

//! `pwlocks::cpu`: a thread is on the CPU that it says it is on.

use std::cell::Cell;

/// CPUs that there are.
pub const CPUS: usize = 2;

/// The number of a CPU.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cpu(usize);

loom::thread_local! {
    static CURRENT: Cell<usize> = Cell::new(0);
}

impl Cpu {
    /// The CPU numbered `id`.
    pub fn new(id: usize) -> Self {
        assert!(id < CPUS);
        Self(id)
    }

    /// Its number.
    pub fn id(self) -> usize {
        self.0
    }

    /// The CPU that the thread is on.
    pub fn current() -> Self {
        Self(CURRENT.with(Cell::get))
    }

    /// Has the thread be on this one.
    pub fn migrate(self) {
        CURRENT.with(|current| current.set(self.0));
    }
}
