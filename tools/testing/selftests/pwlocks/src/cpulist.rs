// SPDX-License-Identifier: GPL-2.0

//! CPU lists as the kernel prints them: `0-2,5`, or nothing.

use crate::{kernel_file, ktap::Trouble};

const CPUS: &str = "/sys/devices/system/cpu";

/// Parses a CPU list; `None` if it is not one.
pub fn parse(list: &str) -> Option<Vec<usize>> {
    let list = list.trim();
    let mut cpus = Vec::new();

    // The kernel's words for an empty list.
    if list.is_empty() || list == "(null)" {
        return Some(cpus);
    }
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cpus.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(cpus)
}

/// Reads the list `name` of /sys/devices/system/cpu, as `online`, `isolated` or `nohz_full`.
pub fn read(name: &str) -> Result<Vec<usize>, Trouble> {
    let path = format!("{CPUS}/{name}");
    let text = kernel_file::read_trimmed(&path)?;

    parse(&text).ok_or_else(|| Trouble::fail(format!("{path} is no CPU list: {text}")))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists() {
        assert_eq!(parse("0-2,5\n"), Some(vec![0, 1, 2, 5]));
        assert_eq!(parse("\n"), Some(vec![]));
        assert_eq!(parse("(null)\n"), Some(vec![]));
        assert_eq!(parse("0-x"), None);
    }
}
