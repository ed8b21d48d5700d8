// SPDX-License-Identifier: GPL-2.0

//! What the programs behind `make bench` share: `bench_*` measure the running kernel, in a guest or on
//! the machine itself, as root, and print each measurement as a line of JSON that begins with
//! `{"bench":"<section>"`, and remarks as lines that begin with `# `.
//!
//! A program ends with status 0 if everything could be measured; otherwise a remark says what could
//! not, and why, and there is no line of JSON for it.

mod cpu_tracer;
mod each_subject;
mod each_trigger;
mod line;
mod missing;
mod nanoseconds;
mod program;
mod requests;
mod row;
mod subject;
mod tool;

pub use cpu_tracer::CpuTracer;
pub use each_subject::each_subject;
pub use each_trigger::each_trigger;
pub use line::{print, remark};
pub use missing::Missing;
pub use nanoseconds::nanoseconds;
pub use program::{Program, run};
pub use requests::{Asked, Requests, name};
pub use subject::Subject;
pub use tool::Tool;
