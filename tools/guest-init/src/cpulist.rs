// SPDX-License-Identifier: GPL-2.0

//! CPU lists as the kernel prints them: `0-2,5`, or nothing.

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

/// The list of `cpus`, which are in order.
pub fn format(cpus: &[usize]) -> String {
    let ranges = cpus.chunk_by(|one, next| one + 1 == *next);
    let ranges = ranges.map(|range| match range {
        [first, .., last] => format!("{first}-{last}"),
        _ => range.iter().map(usize::to_string).collect(),
    });

    ranges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{format, parse};

    #[test]
    fn lists() {
        assert_eq!(parse("0-2,5\n"), Some(vec![0, 1, 2, 5]));
        assert_eq!(parse("\n"), Some(vec![]));
        assert_eq!(parse("(null)\n"), Some(vec![]));
        assert_eq!(parse("0-x"), None);
    }

    #[test]
    fn a_list_comes_back_as_it_was() {
        for list in ["", "0", "0-1", "0-2,5", "1,3,7-9"] {
            assert_eq!(format(&parse(list).unwrap()), list);
        }
    }
}
