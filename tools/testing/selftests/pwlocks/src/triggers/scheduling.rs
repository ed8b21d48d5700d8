// SPDX-License-Identifier: GPL-2.0

//! How the loop is scheduled.

use crate::ktap::Trouble;
use std::str::FromStr;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduling {
    /// SCHED_FIFO, above the kernel's threaded interrupts.
    Fifo,
    /// As any process.
    Normal,
    /// SCHED_FIFO too, and it sleeps until it is told to touch pages: somebody else spins there.
    Asleep,
}

impl Scheduling {
    /// The name, which can be parsed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Normal => "normal",
            Self::Asleep => "asleep",
        }
    }
}

impl FromStr for Scheduling {
    type Err = Trouble;

    fn from_str(name: &str) -> Result<Self, Trouble> {
        [Self::Fifo, Self::Normal, Self::Asleep]
            .into_iter()
            .find(|scheduling| scheduling.name() == name)
            .ok_or_else(|| Trouble::fail(format!("{name} is no way to schedule the loop")))
    }
}
