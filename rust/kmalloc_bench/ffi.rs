// SPDX-License-Identifier: GPL-2.0

//! What this module has in C: its parameters, and what C has as inline functions or macros.
//!
//! C header: `rust/helpers/kmalloc_bench.h`

use kernel::ffi::{
    c_char,
    c_uint,
    c_ulong,
    c_ulonglong, //
};

// The declarations match those of the header. What is `safe` has no precondition: the variables are
// written by the parser of the parameters only, which is done before the initialisation starts.
unsafe extern "C" {
    /// Parameter `size`.
    pub(crate) safe static kmalloc_bench_size: c_ulong;
    /// Parameter `iterations`.
    pub(crate) safe static kmalloc_bench_iterations: c_ulong;
    /// Parameter `rounds`.
    pub(crate) safe static kmalloc_bench_rounds: c_uint;
    /// Parameter `pattern`; what it points to needs a proof of the reader.
    pub(crate) static kmalloc_bench_pattern: *const c_char;
    /// Parameter `nested`.
    pub(crate) safe static kmalloc_bench_nested: c_uint;
    /// Parameter `seed`.
    pub(crate) safe static kmalloc_bench_seed: c_ulonglong;

    /// The name of what [`kmalloc_bench_outer_enter`] does, a string constant.
    pub(crate) safe fn kmalloc_bench_outer_name() -> *const c_char;
    /// Enters the outer section of `nested=1`.
    pub(crate) fn kmalloc_bench_outer_enter();
    /// Leaves the outer section of `nested=1`.
    pub(crate) fn kmalloc_bench_outer_leave();

    /// `local_irq_save()`.
    pub(crate) fn kmalloc_bench_irq_save() -> c_ulong;
    /// `local_irq_restore()`.
    pub(crate) fn kmalloc_bench_irq_restore(flags: c_ulong);

    /// `cond_resched()`; may sleep.
    pub(crate) fn kmalloc_bench_resched();
    /// How often the current task has been switched out.
    pub(crate) safe fn kmalloc_bench_switches() -> c_ulong;

    /// The release of the running kernel, a string that never changes.
    pub(crate) safe fn kmalloc_bench_release() -> *const c_char;
}
