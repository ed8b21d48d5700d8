// SPDX-License-Identifier: GPL-2.0

//! What pwlocks counts per owner CPU: debugfs pwlocks/cpus.

use crate::{cpu_table::Row, ktap::Trouble};

/// A row of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PwCounts {
    /// Work done for the CPU by others.
    pub remote: u64,
    /// Work queued on it.
    pub queued: u64,
    /// Times a remote holder of one of its locks was waited for.
    pub waited: u64,
}

/// Reads the row of `cpu`.
pub fn of(cpu: usize) -> Result<PwCounts, Trouble> {
    let row = Row::read("pwlocks/cpus", cpu)?;

    Ok(PwCounts {
        remote: row.figure("remote")?,
        queued: row.figure("queued")?,
        waited: row.figure("waited")?,
    })
}
