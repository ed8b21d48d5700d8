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
