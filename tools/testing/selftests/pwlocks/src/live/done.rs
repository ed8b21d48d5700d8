// SPDX-License-Identifier: GPL-2.0

//! What mm_swap_live did for a CPU from others: debugfs mm_swap_live/cpus.

use crate::{cpu_table::Row, ktap::Trouble};

/// The figures that tests look at, since the module was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Drains of the CPU's batches.
    pub remote: u64,
    /// Folios that these moved.
    pub folios: u64,
    /// The longest that a lock of its batches was held, in steps of the time-stamp counter.
    pub longest: u64,
}

impl Done {
    /// Reads those of `cpu`.
    pub fn to(cpu: usize) -> Result<Self, Trouble> {
        let row = Row::read("mm_swap_live/cpus", cpu)?;

        Ok(Self {
            remote: row.figure("remote")?,
            folios: row.figure("folios")?,
            longest: row.figure("longest")?,
        })
    }
}
