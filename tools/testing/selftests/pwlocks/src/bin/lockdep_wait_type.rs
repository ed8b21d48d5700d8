// SPDX-License-Identifier: GPL-2.0

//! A lock within a `raw_spinlock_t`: lockdep must report it, on kernels other than PREEMPT_RT as well.
//! So this only runs where the caller is prepared for that, as for `nesting`.

use selftests::lockdep;
use std::process::ExitCode;

fn main() -> ExitCode {
    lockdep::run("in_raw_spinlock", "Invalid wait context")
}
