// SPDX-License-Identifier: GPL-2.0

//! `pwlocks::barrier`, and its faults.
//!
//! A write barrier is a release fence, a read barrier an acquire fence: no stronger than the kernel's.

use loom::sync::atomic::{
    Ordering::{Acquire, Release, SeqCst},
    fence,
};
use std::cell::Cell;

/// A kind of barrier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Barrier {
    /// `smp_mb()`
    Full,
    /// `smp_rmb()`
    Read,
    /// `smp_wmb()`
    Write,
}

thread_local! {
    /// The kind that the test leaves out. loom runs all threads of a test in the test's own.
    static LEFT_OUT: Cell<Option<Barrier>> = const { Cell::new(None) };
}

/// Leaves out barriers of a kind from now on, in this test.
pub fn leave_out(barrier: Barrier) {
    LEFT_OUT.set(Some(barrier));
}

fn is_there(barrier: Barrier) -> bool {
    LEFT_OUT.get() != Some(barrier)
}

/// `smp_mb()`
pub fn smp_mb() {
    if is_there(Barrier::Full) {
        fence(SeqCst);
    }
}

/// `smp_rmb()`
pub fn smp_rmb() {
    if is_there(Barrier::Read) {
        fence(Acquire);
    }
}

/// `smp_wmb()`
pub fn smp_wmb() {
    if is_there(Barrier::Write) {
        fence(Release);
    }
}
