// SPDX-License-Identifier: GPL-2.0

//! What came of some requests of one kind.

use super::Figures;
use crate::{
    demonstration::Micros,
    works::{self, Works},
};
use std::{collections::BTreeMap, time::Duration};

/// What the requests took, and what the isolated CPU and the loop on it had to do meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Measurement {
    /// How long each request took its caller.
    pub times: Vec<Duration>,
    /// How long all of it went on, with the waits for the loop to touch new pages.
    pub took: Duration,
    /// The works that ran on the isolated CPU.
    pub works: Works,
    /// Drains of the CPU that others made, by pwlocks' own count, where it is loaded.
    pub remote: Option<u64>,
    /// How often the loop was switched out against its will.
    pub involuntary: u64,
    /// For what it was.
    pub switched_to: Vec<String>,
    /// Interrupts of the CPU, by vector.
    pub interrupts: BTreeMap<String, u64>,
    /// The longest times in which the loop did not run between two of its rounds, the longest first.
    pub gaps: Vec<Duration>,
    /// The longest turns, in which it touches pages, the longest first: with what came in between.
    pub long_turns: Vec<Duration>,
    /// All turns.
    pub turns: u64,
}

impl Measurement {
    /// The figures of `make run`.
    pub(super) fn figures(self) -> Figures {
        let longest = self.gaps.iter().chain(&self.long_turns).max();
        let longest = longest.copied().unwrap_or_default();

        Figures {
            drains: self.times.len(),
            works_run_on_isolated_cpu: works::of_drains(&self.works),
            works_by_function: self.works,
            remote_drains: self.remote,
            involuntary_switches: self.involuntary,
            drain_us: Micros::of(self.times),
            longest_gap_us: u64::try_from(longest.as_micros()).unwrap_or(u64::MAX),
            pages_touched: 2 * self.turns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Measurement;
    use std::time::Duration;

    #[test]
    fn the_longest_gap_may_be_a_turn() {
        let longest = |gaps: &[u64], turns: &[u64]| {
            let durations = |us: &[u64]| us.iter().copied().map(Duration::from_micros).collect();
            let measurement = Measurement {
                times: vec![Duration::from_micros(4)],
                took: Duration::from_micros(40),
                works: [("lru_add_drain_per_cpu".to_owned(), 3)].into(),
                remote: None,
                involuntary: 2,
                switched_to: Vec::new(),
                interrupts: [("LOC".to_owned(), 1)].into(),
                gaps: durations(gaps),
                long_turns: durations(turns),
                turns: 5,
            };
            let figures = measurement.figures();
            assert_eq!((figures.drains, figures.pages_touched), (1, 10));
            assert_eq!(figures.works_run_on_isolated_cpu, 3);
            figures.longest_gap_us
        };
        assert_eq!(longest(&[7, 3], &[6]), 7);
        assert_eq!(longest(&[7, 3], &[60, 2]), 60);
        assert_eq!(longest(&[], &[]), 0);
    }
}
