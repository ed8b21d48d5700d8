// SPDX-License-Identifier: GPL-2.0

//! What is in the batches when they are drained.

use selftests::live::FULL_BATCH;
use serde::Serialize;
use std::fmt;

/// By the names of the JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Nothing.
    Empty,
    /// A page in the batch of each CPU.
    One,
    /// As many as stay in a batch.
    Full,
}

impl Fill {
    /// All.
    pub const ALL: [Self; 3] = [Self::Empty, Self::One, Self::Full];

    /// Pages for each CPU.
    pub fn pages(self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One => 1,
            Self::Full => FULL_BATCH,
        }
    }
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing in the batches",
            Self::One => "a page in each batch",
            Self::Full => "full batches",
        })
    }
}
