// SPDX-License-Identifier: GPL-2.0

//! The kernel's own selftests of mm (`tools/testing/selftests/mm`): on the kernel as it is, and
//! compared with that, test by test, with mm_swap_live.

mod command;
mod compare;
mod known;
mod left_out;
mod outcome;
mod process;

pub use command::{COMMANDS, Command};
pub use compare::differences;
pub use known::{Judged, judge};
pub use left_out::all_considered;
pub use outcome::{End, Outcome};
