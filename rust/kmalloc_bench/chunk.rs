// SPDX-License-Identifier: GPL-2.0

//! A run is measured in chunks.
//!
//! A chunk is the longest stretch that can't be preempted with `nested=1`, so it is bounded in
//! objects and in bytes (which the kernel may have to zero). Between two chunks the CPU is offered
//! to others, and signals are looked at.
//!
//! A chunk during which the task was switched out has other tasks' time in it. Its figures are
//! kept apart, and count only if there is nothing else.

use crate::{
    ffi,
    params::Params, //
};
use kernel::{
    prelude::*,
    str::CStr, //
};

/// The most objects in a chunk.
const MAX_OBJECTS: usize = 1024;
/// The most bytes in a chunk, unless one object is larger.
const MAX_BYTES: usize = 1 << 20;

/// Objects in a chunk, if each takes `bucket` bytes.
pub(crate) fn objects(bucket: usize) -> usize {
    (MAX_BYTES / bucket).clamp(1, MAX_OBJECTS)
}

/// Offers the CPU to others; fails with `EINTR` if a signal is pending.
///
/// May sleep: to be called outside of any [`Outer`] section.
pub(crate) fn give_way() -> Result {
    // SAFETY: The run holds no lock, and no outer section is entered while this is called.
    unsafe { ffi::kmalloc_bench_resched() };
    if kernel::current!().signal_pending() {
        pr_info!("interrupted by a signal\n");
        return Err(EINTR);
    }
    Ok(())
}

/// The name of the outer section that `params` ask for.
pub(crate) fn outer_name(params: &Params) -> &'static CStr {
    if !params.nested {
        return c"none";
    }
    let name = ffi::kmalloc_bench_outer_name();
    // SAFETY: The function returns a string constant of this module.
    unsafe { CStr::from_char_ptr(name) }
}

/// An outer section, for as long as this lives.
struct Outer(bool);

impl Outer {
    /// Enters the section if `nested`.
    fn new(nested: bool) -> Self {
        if nested {
            // SAFETY: `drop` leaves it again.
            unsafe { ffi::kmalloc_bench_outer_enter() };
        }
        Self(nested)
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        if self.0 {
            // SAFETY: `new` entered it.
            unsafe { ffi::kmalloc_bench_outer_leave() };
        }
    }
}

/// Steps of the clock, and the operations they were spent on.
#[derive(Clone, Copy, Default)]
struct Spent {
    /// Steps of the clock.
    steps: u64,
    /// Operations.
    operations: u64,
}

impl Spent {
    /// Steps per operation in hundredths; zero if there was no operation.
    fn hundredths(self) -> u64 {
        let Some(rest) = self.steps.checked_rem(self.operations) else {
            return 0;
        };
        // In two parts, since a hundredfold of all steps might not fit.
        (self.steps / self.operations)
            .saturating_mul(100)
            .saturating_add(rest.saturating_mul(100) / self.operations)
    }
}

/// The chunks of one kind of operation.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Of chunks that ran through.
    clean: Spent,
    /// Of chunks during which the task was switched out.
    disturbed: Spent,
    /// The number of all chunks.
    pub(crate) chunks: u64,
    /// The number of those during which the task was switched out.
    pub(crate) disturbed_chunks: u64,
}

impl Tally {
    /// Adds a chunk.
    fn add(&mut self, steps: u64, operations: usize, disturbed: bool) {
        let spent = if disturbed {
            &mut self.disturbed
        } else {
            &mut self.clean
        };
        spent.steps = spent.steps.saturating_add(steps);
        spent.operations += operations as u64;
        self.chunks += 1;
        self.disturbed_chunks += u64::from(disturbed);
    }

    /// Steps per operation in hundredths.
    pub(crate) fn hundredths(&self) -> u64 {
        if self.clean.operations > 0 {
            self.clean.hundredths()
        } else {
            self.disturbed.hundredths()
        }
    }
}

/// Runs a chunk of `operations` of several kinds, which says how many steps each kind took.
pub(crate) fn measure<const KINDS: usize>(
    nested: bool,
    operations: usize,
    tallies: [&mut Tally; KINDS],
    chunk: impl FnOnce() -> [u64; KINDS],
) {
    let outer = Outer::new(nested);
    let before = ffi::kmalloc_bench_switches();
    let steps = chunk();
    let disturbed = ffi::kmalloc_bench_switches() != before;
    drop(outer);
    for (tally, steps) in tallies.into_iter().zip(steps) {
        tally.add(steps, operations, disturbed);
    }
}
