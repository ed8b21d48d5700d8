// SPDX-License-Identifier: GPL-2.0

//! What came of a program.

use guest_plan::ktap::{self, Report};
use std::fmt;

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With this exit status.
    Status(i32),
    /// Of this signal.
    Signal(i32),
    /// It was killed after so many seconds.
    Late(u64),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => write!(f, "killed by signal {signal}"),
            Self::Late(seconds) => write!(f, "not finished after {seconds} s"),
        }
    }
}

/// What a program reported, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its tests.
    pub report: Report,
    /// Its end.
    pub end: End,
}

impl Outcome {
    /// That of a program that wrote `output`.
    pub fn new(output: &str, end: End) -> Self {
        let lines: Vec<_> = output.lines().map(str::to_owned).collect();

        Self {
            report: ktap::parse(&lines),
            end,
        }
    }

    /// Whether the program is content.
    pub fn is_good(&self) -> bool {
        self.end == End::Status(0)
    }
}
