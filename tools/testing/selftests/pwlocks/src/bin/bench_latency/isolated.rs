// SPDX-License-Identifier: GPL-2.0

//! What the isolated CPU does.

use selftests::triggers::Scheduling;
use serde::Serialize;
use std::fmt;

/// By the names of the JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolated {
    /// Nothing.
    Idle,
    /// A process runs there that never sleeps.
    Busy,
    /// The same, SCHED_FIFO.
    Fifo,
    /// The same, and the scheduler takes nothing from it.
    FifoUnserved,
}

impl Isolated {
    /// All.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Busy, Self::Fifo, Self::FifoUnserved];

    /// How the process is scheduled, if there is one.
    pub fn scheduling(self) -> Option<Scheduling> {
        match self {
            Self::Idle => None,
            Self::Busy => Some(Scheduling::Normal),
            Self::Fifo | Self::FifoUnserved => Some(Scheduling::Fifo),
        }
    }
}

impl fmt::Display for Isolated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "an idle CPU",
            Self::Busy => "a busy CPU",
            Self::Fifo => "a CPU busy with SCHED_FIFO",
            Self::FifoUnserved => "a CPU busy with SCHED_FIFO and nothing left for others",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Isolated;

    #[test]
    fn names() {
        let json = serde_json::to_string(&Isolated::ALL).expect("JSON");
        assert_eq!(json, r#"["idle","busy","fifo","fifo_unserved"]"#);
    }
}
