// SPDX-License-Identifier: GPL-2.0

//! The drain under loom: the module's own source, not a copy of it.
//!
//! loom runs a test in every order that its threads may take, and with every value that a load may see
//! as the barriers and orderings stand. So this is about what the other model, of sequential steps,
//! takes for granted. See Documentation/locking/pwlocks-model.rst.
//!
//! Shared are rust/mm/drain_cpu.rs as a whole and, of rust/mm/drain.rs, how callers share a pass. The
//! rest of this crate is what these need of the kernel and of pwlocks: atomics and barriers that are
//! loom's, batches of one kind with folios that are bits, and locks.

#![cfg(test)]

// What the shared source calls by these names.
extern crate self as kernel;
extern crate self as pwlocks;

pub mod barrier;
pub mod cpu;
pub mod observed;
pub mod owner;
pub mod stretch;
pub mod sync;

mod mm {
    pub(crate) mod batch;
    pub(crate) mod drain;
    // Formatted as the kernel side is.
    #[rustfmt::skip]
    #[allow(dead_code)]
    #[path = "../../../../../rust/mm/drain_cpu.rs"]
    pub(crate) mod drain_cpu;
    pub(crate) mod storage;

    pub(crate) use storage::Mm;
}

mod tests;
