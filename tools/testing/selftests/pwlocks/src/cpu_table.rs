// SPDX-License-Identifier: GPL-2.0

//! Tables of figures with a line per CPU, as debugfs shows them: a line of headings, one of them
//! `cpu`, then numbers.

use crate::{kernel_file, ktap::Trouble};
use std::collections::BTreeMap;

/// The line of one CPU.
#[derive(Debug, PartialEq, Eq)]
pub struct Row(BTreeMap<String, u64>);

impl Row {
    /// Reads the row of `cpu` from the file `name` of debugfs.
    pub fn read(name: &str, cpu: usize) -> Result<Self, Trouble> {
        let path = kernel_file::debugfs(name);
        let text = kernel_file::read(&path)?;

        Self::find(&text, cpu)
            .ok_or_else(|| Trouble::fail(format!("{path} has no CPU {cpu}: {text}")))
    }

    fn find(text: &str, cpu: usize) -> Option<Self> {
        let mut lines = text.lines();
        let header: Vec<_> = lines.next()?.split_whitespace().collect();

        lines.find_map(|line| {
            let figures: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
            let names = header.iter().copied().map(str::to_owned);
            let row = Self(names.zip(figures.ok()?).collect());

            (row.0.get("cpu") == Some(&(cpu as u64))).then_some(row)
        })
    }

    /// The figure below the heading `name`.
    pub fn figure(&self, name: &str) -> Result<u64, Trouble> {
        self.0
            .get(name)
            .copied()
            .ok_or_else(|| Trouble::fail(format!("there is no figure {name}: {self:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Row;

    #[test]
    fn row() {
        let text = "  cpu remote waited\n    0      1      2\n    3      4      6\n";
        let row = Row::find(text, 3).unwrap();
        assert_eq!(row.figure("remote"), Ok(4));
        assert_eq!(row.figure("waited"), Ok(6));
        assert!(row.figure("queued").is_err());
        assert_eq!(Row::find(text, 2), None);
        assert_eq!(Row::find("", 0), None);
    }
}
