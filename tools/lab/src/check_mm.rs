// SPDX-License-Identifier: GPL-2.0

//! The kernel's own mm selftests with mm_swap_live and without: those that are soon over as a guest
//! of `make check`, all of them as `make check-mm`.

use crate::check;
use crate::failure::{Ended, Failure, Result};
use crate::kernels;
use crate::lab::Lab;
use crate::matrix::{GuestSpec, Program};
use crate::userland;
use crate::variant::Variant;

/// The guest program that runs them all in turn, with each setting of the module.
const LIVE_MM: &str = "live_mm";

/// Seconds that it may take with those that are soon over.
const QUICK_S: u64 = 300;

/// Seconds that it may take with all.
const ALL_S: u64 = 3 * 3600;

/// Without it, a process can't write what it traces where that is read-only, which some tests do:
/// Debian's kernels are built so.
const ARGUMENT: &str = "proc_mem.force_override=always";

/// The guest of `make check`.
pub fn quick() -> GuestSpec {
    GuestSpec {
        quick: true,
        ..guest("live-mm", QUICK_S)
    }
}

/// The guest of `make check-mm`. One of its programs keeps a page of each of 512 huge pages.
fn all() -> GuestSpec {
    GuestSpec {
        mem: 2048,
        ..guest("mm", ALL_S)
    }
}

fn guest(name: &str, timeout_s: u64) -> GuestSpec {
    let program = Program {
        name: LIVE_MM,
        timeout_s,
    };
    GuestSpec {
        mm_selftests: true,
        argument: Some(ARGUMENT),
        ..GuestSpec::new(name, Variant::STANDARD, &[program]).live()
    }
}

/// Runs them all, on each kernel that was chosen; the last line on standard output is their sum.
pub fn run(lab: &Lab) -> Result<Ended> {
    let kernels = kernels::get(lab)?;
    let Some(first) = kernels.first() else {
        return Err(Failure::step("check-mm", "no kernel to test"));
    };
    let programs = userland::get(lab, &first.root)?;
    let guests = kernels.iter().map(|kernel| (kernel, vec![all()]));
    let jobs = check::jobs(lab, &programs, guests)?;
    let tally = check::run_jobs(lab, jobs, &programs, lab.options.jobs)?;
    check::report(lab, &tally)
}

#[cfg(test)]
mod tests {
    use super::{all, quick};

    #[test]
    fn only_the_guest_of_make_check_is_quick() {
        let environment = |guest: &super::GuestSpec| guest.plan(4).steps[0].env.clone();

        let quick = environment(&quick());
        assert_eq!(quick["PWLOCKS_QUICK"], "y");
        assert_eq!(quick["PWLOCKS_MM_SELFTESTS"], "/usr/libexec/mm-selftests");
        let all = environment(&all());
        assert!(!all.contains_key("PWLOCKS_QUICK"));
    }

    #[test]
    fn a_tracer_may_write_read_only_memory() {
        assert_eq!(quick().arguments(4), "proc_mem.force_override=always");
    }
}
