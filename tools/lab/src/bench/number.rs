// SPDX-License-Identifier: GPL-2.0

//! Numbers as tables show them.

use crate::bench::statistics::Spread;

/// Below this a number may be a ratio.
const SMALL: f64 = 10.0;

/// From this on a number has commas.
const LARGE: f64 = 10_000.0;

/// A number with as many digits as somebody reads.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 1000.0 || value.fract() == 0.0 => 0,
        small if small < 1.0 => 3,
        ratio if ratio < SMALL => 2,
        _ => 1,
    };
    let text = format!("{value:.digits$}");
    let text = match text.split_once('.') {
        Some((whole, decimals)) if value.abs() < SMALL => {
            format!("{whole}.{}", decimals.trim_end_matches('0'))
        }
        _ => text,
    };
    // Neither a point with nothing after it nor a minus before nothing.
    match text.trim_end_matches('.') {
        "-0" => "0".to_owned(),
        text if value.abs() < LARGE => text.to_owned(),
        text => grouped(text),
    }
}

/// A whole number with commas.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let before = at > 0 && (digits.len() - at) % 3 == 0;
        if before && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The median, and the ends where they differ from it.
pub fn spread(spread: Spread) -> String {
    let [median, min, max] = [spread.median, spread.min, spread.max].map(number);
    if min == max {
        median
    } else {
        format!("{median} ({min} to {max})")
    }
}

#[cfg(test)]
mod tests {
    use super::{number, spread};
    use crate::bench::statistics::Spread;

    #[test]
    fn digits_that_nobody_reads_are_left_out() {
        let shown = [
            19.0, 2503.34, 147.95, 1.0198, 0.1234, 0.1, -25.1, -0.00001, 0.0,
        ]
        .map(number);
        assert_eq!(
            shown,
            [
                "19", "2503", "147.9", "1.02", "0.123", "0.1", "-25.1", "0", "0"
            ]
        );
    }

    #[test]
    fn large_numbers_have_commas() {
        let shown = [9999.0, 10_000.0, 239_661_538.4, -123_456.0].map(number);
        assert_eq!(shown, ["9999", "10,000", "239,661,538", "-123,456"]);
    }

    #[test]
    fn ends_are_shown_where_they_differ() {
        let of = |values: &[f64]| spread(Spread::of(values).unwrap());
        assert_eq!(of(&[19.0, 19.0]), "19");
        assert_eq!(of(&[1.0, 5.0, 9.0]), "5 (1 to 9)");
    }
}
