// SPDX-License-Identifier: GPL-2.0

//! The order of Debian's version strings.

use std::cmp::Ordering;

/// Compares two versions without an epoch, as dpkg does.
///
/// Non-digit and digit parts take turns. In the former `~` sorts before everything, even before the
/// end, and letters before other characters; the latter compare as numbers.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    while !(one.is_empty() && other.is_empty()) {
        let (head, rest) = split(one, |byte| !byte.is_ascii_digit());
        let (other_head, other_rest) = split(other, |byte| !byte.is_ascii_digit());
        let (number, rest) = split(rest, |byte| byte.is_ascii_digit());
        let (other_number, other_rest) = split(other_rest, |byte| byte.is_ascii_digit());
        let order =
            compare_text(head, other_head).then_with(|| compare_number(number, other_number));
        if order.is_ne() {
            return order;
        }
        (one, other) = (rest, other_rest);
    }
    Ordering::Equal
}

fn split(text: &str, belongs: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !belongs(byte));
    text.split_at(end.unwrap_or(text.len()))
}

fn compare_text(one: &str, other: &str) -> Ordering {
    let weight = |byte: Option<u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(byte) => i32::from(byte) + 256,
    };
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let longest = one.len().max(other.len());
    (0..longest)
        .map(|at| weight(one.get(at).copied()).cmp(&weight(other.get(at).copied())))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_number(one: &str, other: &str) -> Ordering {
    let one = one.trim_start_matches('0');
    let other = other.trim_start_matches('0');
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn sorts_as_dpkg_does() {
        let sorted = [
            "7.2~rc1-1",
            "7.2.9-1~bpo13+1",
            "7.2.9-1",
            "7.2.9-1+b1",
            "7.2.12-1~bpo13+1",
            "7.2.12-1~bpo13+2",
            "7.2.12-1~bpo13+10",
            "7.3.4-1",
        ];
        for pair in sorted.windows(2) {
            assert!(compare(pair[0], pair[1]).is_lt(), "{pair:?}");
            assert!(compare(pair[1], pair[0]).is_gt(), "{pair:?}");
        }
        assert!(compare("7.02", "7.2").is_eq());
    }
}
