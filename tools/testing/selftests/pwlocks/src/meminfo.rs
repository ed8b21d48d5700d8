// SPDX-License-Identifier: GPL-2.0

//! /proc/meminfo.

use crate::{kernel_file, ktap::Trouble};
use std::collections::BTreeMap;

/// What the file said when it was read.
#[derive(Debug, Clone)]
pub struct Meminfo(BTreeMap<String, u64>);

impl Meminfo {
    /// Reads it.
    pub fn read() -> Result<Self, Trouble> {
        kernel_file::read("/proc/meminfo").map(|text| Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let figure = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let value = value.trim().strip_suffix(" kB")?.parse().ok()?;
            Some((name.to_owned(), value))
        };
        Self(text.lines().filter_map(figure).collect())
    }

    /// The line `name`, in KiB.
    pub fn kib(&self, name: &str) -> Result<u64, Trouble> {
        self.0
            .get(name)
            .copied()
            .ok_or_else(|| Trouble::fail(format!("/proc/meminfo has no {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Meminfo;

    #[test]
    fn lines() {
        let meminfo = Meminfo::parse("MemTotal:  1000 kB\nHugePages_Total: 0\n");
        assert_eq!(meminfo.kib("MemTotal"), Ok(1000));
        assert!(meminfo.kib("HugePages_Total").is_err());
    }
}
