// SPDX-License-Identifier: GPL-2.0

//! Another CPU's instance of a lock while this CPU's is held: lockdep must report it. So this only
//! runs where the caller is prepared for that, as for `nesting`.

use selftests::lockdep;
use std::process::ExitCode;

fn main() -> ExitCode {
    lockdep::run("nested", "possible recursive locking detected")
}
