// SPDX-License-Identifier: GPL-2.0

//! Medians and their like.

use serde::Serialize;

/// What came of several guests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// How many there were.
    pub guests: usize,
}

impl Spread {
    /// That of `values`; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            median: median(values)?,
            min: percentile(values, 0.0)?,
            max: percentile(values, 1.0)?,
            guests: values.len(),
        })
    }
}

/// The middle of `values`, or the mean of the two in the middle; `None` if there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return Some(sorted[middle]);
    }
    let below = sorted.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(*below, sorted[middle]))
}

/// The least of `values` that a `share` of them does not exceed; `None` if there are none.
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let sorted = sorted(values);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::{Spread, median, percentile};

    #[test]
    fn the_median_of_an_even_number_is_between_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<_> = (1..=100).map(f64::from).collect();
        let of = |share| percentile(&values, share);
        assert_eq!(
            [of(0.0), of(0.5), of(0.99), of(1.0)],
            [1.0, 50.0, 99.0, 100.0].map(Some)
        );
        assert_eq!(percentile(&values[..3], 0.99), Some(3.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn a_spread_has_both_ends() {
        let spread = Spread::of(&[7.0, 5.0, 9.0]).unwrap();
        assert_eq!((spread.min, spread.median, spread.max), (5.0, 7.0, 9.0));
        assert_eq!(spread.guests, 3);
        assert_eq!(Spread::of(&[]), None);
    }
}
