// SPDX-License-Identifier: GPL-2.0

//! How many times there were of each length.

use serde::{Deserialize, Serialize};

/// Where a class begins, in microseconds, and how many times it has; the last class is open.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Histogram(Vec<(u64, u64)>);

/// Bounds that are told, with what is at or above them. Classes of 10 us begin at each.
pub const BOUNDS: [(u64, &str); 3] = [(10, "10 us"), (100, "100 us"), (1000, "1 ms")];

impl Histogram {
    /// How many times are `bound` or longer, if a class begins there.
    pub fn from(&self, bound: u64) -> u64 {
        let classes = self.0.iter().filter(|(begin, _)| *begin >= bound);
        classes.map(|(_, count)| count).sum()
    }

    /// How many times there are.
    pub fn all(&self) -> u64 {
        self.from(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn a_class_at_the_bound_is_above_it() {
        let histogram: Histogram = serde_json::from_str("[[0,900],[10,5],[90,2],[100,1]]").unwrap();
        let above = [10, 100, 1000].map(|bound| histogram.from(bound));
        assert_eq!(above, [8, 1, 0]);
        assert_eq!(histogram.all(), 908);
    }
}
