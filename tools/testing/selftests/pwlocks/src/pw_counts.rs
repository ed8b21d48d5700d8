// SPDX-License-Identifier: GPL-2.0

//! What pwlocks counts per owner CPU: debugfs pwlocks/cpus.

use crate::{kernel_file, ktap::Trouble};

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
    let path = kernel_file::debugfs("pwlocks/cpus");
    let text = kernel_file::read(&path)?;

    find(&text, cpu).ok_or_else(|| Trouble::fail(format!("{path} has no CPU {cpu}: {text}")))
}

fn find(text: &str, cpu: usize) -> Option<PwCounts> {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next()?.split_whitespace().collect();
    let column = |row: &[u64], name| {
        let at = header.iter().position(|&title| title == name)?;
        row.get(at).copied()
    };

    lines.find_map(|line| {
        let row: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        let row = row.ok()?;
        if column(&row, "cpu")? != cpu as u64 {
            return None;
        }
        Some(PwCounts {
            remote: column(&row, "remote")?,
            queued: column(&row, "queued")?,
            waited: column(&row, "waited")?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row() {
        let text = "cpu remote queued waited\n0 1 2 3\n3 4 5 6\n";
        let expected = PwCounts {
            remote: 4,
            queued: 5,
            waited: 6,
        };
        assert_eq!(find(text, 3), Some(expected));
        assert_eq!(find(text, 2), None);
    }
}
