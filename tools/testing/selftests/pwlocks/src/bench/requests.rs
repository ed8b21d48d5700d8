// SPDX-License-Identifier: GPL-2.0

//! The requests of one kind that a program looks at.

use crate::{
    ktap::Trouble,
    triggers::{Measurement, Stage, Trigger},
};
use nix::unistd::Pid;

/// What the isolated CPU is looked at for: a request, or none for as long, as what there is to be seen
/// then has other causes.
pub type Asked = Option<Trigger>;

/// As it is printed.
pub fn name(asked: Asked) -> &'static str {
    asked.map_or("none", Trigger::name)
}

/// Requests that can be made.
#[derive(Debug)]
pub struct Requests<'a> {
    pub(super) stage: &'a Stage,
    pub(super) asked: Asked,
    pub(super) count: usize,
}

impl Requests<'_> {
    /// Makes them. Skips where this machine can't.
    pub fn make(&self) -> Result<Measurement, Trouble> {
        self.stage.measure(self.asked, self.count)
    }

    /// The only thread of the loop on the isolated CPU.
    pub fn loop_pid(&self) -> Pid {
        self.stage.loop_pid()
    }
}
