// SPDX-License-Identifier: GPL-2.0

//! `make bench-here`: what takes times, measured on the running kernel itself.
//!
//! The programs are those of the guests, and their steps are run by the same runner, in a process of its own
//! (`run_here`) that puts the machine back into the state in which it was found, also when this program is
//! killed. The figures have a report of their own, which no guest's are put into.

mod interrupt;
mod judge;
pub mod machine;
mod oslat;
mod plan;
mod refusal;
mod run;
mod runner;

pub use plan::names;
pub use run::{build, run};

use crate::failure::Failure;

/// What every message of this begins with.
const STEP: &str = "bench-here";

/// A machine that can't be measured, for `cause`.
fn refused(cause: impl std::fmt::Display, remedy: impl std::fmt::Display) -> Failure {
    Failure::usage(STEP, cause).remedy(remedy)
}
