// SPDX-License-Identifier: GPL-2.0

//! /proc/vmstat, exact: the parts that CPUs keep for themselves are folded in first.

use crate::{kernel_file, ktap::Trouble};
use std::collections::BTreeMap;

/// What the file said when it was read.
#[derive(Debug, Clone, Default)]
pub struct Vmstat(BTreeMap<String, i64>);

impl Vmstat {
    /// Reads it.
    pub fn read() -> Result<Self, Trouble> {
        kernel_file::write("/proc/sys/vm/stat_refresh", "1")?;
        kernel_file::read("/proc/vmstat").map(|text| Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let figure = |line: &str| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        };
        Self(text.lines().filter_map(figure).collect())
    }

    /// The line `name`.
    pub fn get(&self, name: &str) -> Result<i64, Trouble> {
        self.0
            .get(name)
            .copied()
            .ok_or_else(|| Trouble::fail(format!("/proc/vmstat has no {name}")))
    }

    /// How far the lines `names` have moved from `before`.
    pub fn since<'a>(
        &self,
        before: &Self,
        names: &[&'a str],
    ) -> Result<BTreeMap<&'a str, i64>, Trouble> {
        names
            .iter()
            .map(|&name| Ok((name, self.get(name)? - before.get(name)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Vmstat;

    #[test]
    fn lines() {
        let before = Vmstat::parse("nr_mlock 3\npgactivate 10\n");
        let after = Vmstat::parse("nr_mlock 1\npgactivate 15\n");
        let moved = after.since(&before, &["nr_mlock", "pgactivate"]).unwrap();
        assert_eq!((moved["nr_mlock"], moved["pgactivate"]), (-2, 5));
        assert!(after.get("nr_nothing").is_err());
    }
}
