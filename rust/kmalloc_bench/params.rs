// SPDX-License-Identifier: GPL-2.0

//! The module's parameters, checked.

use crate::ffi;
use kernel::{
    bindings,
    fmt,
    prelude::*,
    str::CStr, //
};

/// The largest `rounds=` accepted. Each round keeps a few words for the report.
const MAX_ROUNDS: u32 = 1000;

/// In which order objects are allocated and freed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Allocate all, then free all, as the benchmark of the series does.
    Batch,
    /// Free each object right after its allocation.
    Pair,
    /// Keep a working set and replace objects of it at random.
    Mixed,
}

impl Pattern {
    /// Every pattern, in the order the user is told about them.
    const ALL: [Self; 3] = [Self::Batch, Self::Pair, Self::Mixed];

    /// The spelling of `pattern=` and of the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Pair => "pair",
            Self::Mixed => "mixed",
        }
    }
}

/// What to measure.
///
/// # Invariants
///
/// `size` is in `1..=KMALLOC_MAX_SIZE`, `iterations` at least 1 and `rounds` in `1..=MAX_ROUNDS`.
pub(crate) struct Params {
    /// Bytes asked for per object.
    pub(crate) size: usize,
    /// Objects allocated and freed per round.
    pub(crate) iterations: usize,
    /// Rounds measured.
    pub(crate) rounds: u32,
    /// The order of allocations and frees.
    pub(crate) pattern: Pattern,
    /// Whether to measure inside an outer section.
    pub(crate) nested: bool,
    /// The seed of [`Pattern::Mixed`].
    pub(crate) seed: u64,
}

impl Params {
    /// Takes the parameters given at load time.
    ///
    /// Fails with `EINVAL` and one log line that says what is accepted.
    pub(crate) fn from_module() -> Result<Self> {
        let max_size = bindings::KMALLOC_MAX_SIZE as usize;
        let size = ffi::kmalloc_bench_size;
        if !(1..=max_size).contains(&size) {
            return refuse(fmt!("size={size}, accepted: 1 to {max_size} bytes"));
        }
        let iterations = ffi::kmalloc_bench_iterations;
        if iterations == 0 {
            return refuse(fmt!("iterations=0, accepted: 1 or more"));
        }
        let rounds = ffi::kmalloc_bench_rounds;
        if !(1..=MAX_ROUNDS).contains(&rounds) {
            return refuse(fmt!("rounds={rounds}, accepted: 1 to {MAX_ROUNDS}"));
        }
        let nested = ffi::kmalloc_bench_nested;
        if nested > 1 {
            return refuse(fmt!("nested={nested}, accepted: 0, 1"));
        }
        // INVARIANT: Each range was checked above.
        Ok(Self {
            size,
            iterations,
            rounds,
            pattern: pattern()?,
            nested: nested == 1,
            seed: ffi::kmalloc_bench_seed,
        })
    }
}

/// Takes the pattern given at load time.
fn pattern() -> Result<Pattern> {
    // SAFETY: The variable is written by the parser of the parameters only, which is done.
    let ptr = unsafe { ffi::kmalloc_bench_pattern };
    // SAFETY: `ptr` is the default, a string constant, or the copy of the argument that the parser
    // made, which lives as long as the module does; both are NUL-terminated.
    let given = unsafe { CStr::from_char_ptr(ptr) };
    for pattern in Pattern::ALL {
        if given.to_bytes() == pattern.name().as_bytes() {
            return Ok(pattern);
        }
    }
    let [a, b, c] = Pattern::ALL.map(Pattern::name);
    refuse(fmt!("pattern=\"{given}\", accepted: {a}, {b}, {c}"))
}

/// Logs why the parameters are refused.
fn refuse<T>(why: fmt::Arguments<'_>) -> Result<T> {
    pr_err!("invalid {why}\n");
    Err(EINVAL)
}
