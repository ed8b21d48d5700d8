// SPDX-License-Identifier: GPL-2.0

//! What an isolated CPU suffers from requests made elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bench::per_trigger::PerTrigger;
use crate::bench::row::Figure;
use crate::bench::statistics::percentile;

/// Requests of one kind, with one subject.
pub type Interference = PerTrigger<Suffered>;

/// What the isolated CPU suffered meanwhile.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Suffered {
    /// Works that ran on the isolated CPU, by function.
    pub works_by_function: BTreeMap<String, u64>,
    /// How often the task there was switched out against its will.
    pub involuntary_switches: u64,
    /// Interrupts there, by name as in /proc/interrupts.
    pub interrupts: BTreeMap<String, u64>,
    /// The longest times in which the task there stood still.
    #[serde(default)]
    pub gaps_ns: Vec<f64>,
    /// Its longest turns, in each of which it touches new pages.
    #[serde(default)]
    pub turns_ns: Vec<f64>,
}

impl PerTrigger<Suffered> {
    /// What was measured, per 1,000 drains where it is a count.
    pub fn figures(&self) -> Vec<Figure> {
        let seen = &self.seen;
        let mut figures = vec![
            self.count("works", seen.works_by_function.values().sum()),
            self.count("switches", seen.involuntary_switches),
            self.count("interrupts", seen.interrupts.values().sum()),
        ];
        let by_name = seen.interrupts.iter();
        figures.extend(by_name.map(|(name, &interrupts)| self.count(name, interrupts)));
        figures.extend(
            [
                ("longest gap us", &seen.gaps_ns, 1.0),
                ("gap us p50 of the longest", &seen.gaps_ns, 0.5),
                ("longest turn us", &seen.turns_ns, 1.0),
            ]
            .into_iter()
            .filter_map(|(name, times, share)| {
                Some(Figure::new(name, percentile(times, share)? / 1e3))
            }),
        );
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::Interference;

    #[test]
    fn counts_are_for_a_thousand_drains() {
        let row: Interference = serde_json::from_str(
            "{\"trigger\":\"fadvise\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":20,\
             \"works_by_function\":{\"lru_add_drain_per_cpu\":20,\"wq_barrier_func\":10},\
             \"involuntary_switches\":20,\"interrupts\":{\"LOC\":4,\"RES\":40},\
             \"gaps_ns\":[3000,9000,6000],\"turns_ns\":[8000]}",
        )
        .unwrap();
        let figures: Vec<_> = row
            .figures()
            .into_iter()
            .map(|figure| (figure.name, figure.value))
            .collect();
        let expected = [
            ("works", 1500.0),
            ("switches", 1000.0),
            ("interrupts", 2200.0),
            ("LOC", 200.0),
            ("RES", 2000.0),
            ("longest gap us", 9.0),
            ("gap us p50 of the longest", 6.0),
            ("longest turn us", 8.0),
        ];
        assert_eq!(
            figures,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
    }
}
