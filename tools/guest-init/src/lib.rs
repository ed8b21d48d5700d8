// SPDX-License-Identifier: GPL-2.0

//! What the host and the guest's programs agree on: the plan that goes in, how its steps are run, the
//! frame lines that come out, and the reports of tests between them; lists of CPUs, and which data races are
//! nobody's here.

pub mod cpulist;
pub mod frame;
pub mod kcsan;
pub mod ktap;
pub mod plan;
pub mod runner;
