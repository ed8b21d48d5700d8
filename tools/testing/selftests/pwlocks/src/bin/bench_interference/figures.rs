// SPDX-License-Identifier: GPL-2.0

//! The figures of one kind of request with one subject.

use selftests::{bench::nanoseconds, triggers::Measurement, works::Works};
use serde::Serialize;
use std::collections::BTreeMap;

/// The vectors of interrupts that are printed in any case; of the others, those that came.
const VECTORS: [&str; 5] = ["CAL", "IWI", "LOC", "RES", "TLB"];

/// By the names of the JSON lines. All are of the isolated CPU, but for the times.
#[derive(Debug, Serialize)]
pub struct Figures {
    works_by_function: Works,
    involuntary_switches: u64,
    interrupts: BTreeMap<String, u64>,
    /// The longest in which the loop did not run between two of its rounds.
    gaps_ns: Vec<u64>,
    /// The longest turns of the loop, in which it touches new pages: if it has to wait for who drains,
    /// then in these.
    turns_ns: Vec<u64>,
    turns: u64,
    /// How long the requests took who made them.
    times_ns: Vec<u64>,
}

impl Figures {
    /// Of what was measured.
    pub fn of(measurement: &Measurement) -> Self {
        Self {
            works_by_function: measurement.works.clone(),
            involuntary_switches: measurement.involuntary,
            interrupts: worth_printing(measurement.interrupts.clone()),
            gaps_ns: nanoseconds(&measurement.gaps),
            turns_ns: nanoseconds(&measurement.long_turns),
            turns: measurement.turns,
            times_ns: nanoseconds(&measurement.times),
        }
    }
}

fn worth_printing(mut interrupts: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    interrupts.retain(|name, &mut count| count > 0 || VECTORS.contains(&name.as_str()));
    interrupts
}

#[cfg(test)]
mod tests {
    use super::Figures;
    use selftests::triggers::Measurement;
    use std::time::Duration;

    #[test]
    fn names() {
        let measurement = Measurement {
            times: vec![Duration::from_nanos(7)],
            works: [("lru_add_drain_per_cpu".to_owned(), 1)].into(),
            involuntary: 2,
            interrupts: [("LOC", 3), ("RES", 0), ("MCE", 0), ("IRQ4", 1)]
                .map(|(name, count)| (name.to_owned(), count))
                .into(),
            gaps: vec![Duration::from_micros(4)],
            long_turns: vec![Duration::from_micros(5)],
            turns: 6,
            ..Measurement::default()
        };
        assert_eq!(
            serde_json::to_string(&Figures::of(&measurement)).expect("JSON"),
            r#"{"works_by_function":{"lru_add_drain_per_cpu":1},"involuntary_switches":2,"#
                .to_owned()
                + r#""interrupts":{"IRQ4":1,"LOC":3,"RES":0},"gaps_ns":[4000],"turns_ns":[5000],"turns":6,"#
                + r#""times_ns":[7]}"#
        );
    }
}
