// SPDX-License-Identifier: GPL-2.0

//! The largest of many values, in memory that two processes share: one writes, the other reads.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many are kept.
const KEPT: usize = 32;

/// The values; all zero at first, which stands for none.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Largest {
    values: [AtomicU64; KEPT],
    /// The least of them, not to have to look for it each time.
    least: AtomicU64,
}

impl Largest {
    /// Keeps `value` instead of the least one if it is larger. By the writer.
    pub(super) fn note(&self, value: u64) {
        if value <= self.least.load(Ordering::Relaxed) {
            return;
        }
        let least = |values: &[AtomicU64]| {
            values
                .iter()
                .enumerate()
                .map(|(at, value)| (value.load(Ordering::Relaxed), at))
                .min()
        };

        if let Some((_, at)) = least(&self.values) {
            self.values[at].store(value, Ordering::Relaxed);
        }
        if let Some((left, _)) = least(&self.values) {
            self.least.store(left, Ordering::Relaxed);
        }
    }

    /// Forgets all. By the writer.
    pub(super) fn clear(&self) {
        for value in &self.values {
            value.store(0, Ordering::Relaxed);
        }
        self.least.store(0, Ordering::Relaxed);
    }

    /// Those that are kept, the largest first.
    pub(super) fn sorted(&self) -> Vec<u64> {
        let values = self.values.iter();
        let mut values: Vec<_> = values
            .map(|value| value.load(Ordering::Relaxed))
            .filter(|&value| value != 0)
            .collect();

        values.sort_unstable_by(|one, other| other.cmp(one));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Largest};

    #[test]
    fn the_largest_stay() {
        let largest = Largest::default();
        let count = 3 * KEPT as u64;
        // In no order: 37 and the count have no common divisor.
        for n in 0..count {
            largest.note(n * 37 % count + 1);
        }
        let expected: Vec<_> = (count - KEPT as u64 + 1..=count).rev().collect();
        assert_eq!(largest.sorted(), expected);
    }

    #[test]
    fn a_few_are_all_there_and_equal_ones_too() {
        let largest = Largest::default();
        assert!(largest.sorted().is_empty());
        for value in [5, 9, 5] {
            largest.note(value);
        }
        assert_eq!(largest.sorted(), [9, 5, 5]);
        largest.clear();
        assert!(largest.sorted().is_empty());
        largest.note(1);
        assert_eq!(largest.sorted(), [1]);
    }
}
