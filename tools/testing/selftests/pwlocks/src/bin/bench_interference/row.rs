// SPDX-License-Identifier: GPL-2.0

//! The figures of one kind of request with one subject.

use selftests::{
    bench::{self, Asked, Subject, nanoseconds},
    triggers::Measurement,
    works::Works,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The vectors of interrupts that are printed in any case; of the others, those that came.
const VECTORS: [&str; 5] = ["CAL", "IWI", "LOC", "RES", "TLB"];

/// By the names of the JSON lines. All are of the isolated CPU, but for the times.
#[derive(Debug, Serialize)]
pub struct Row {
    trigger: &'static str,
    #[serde(flatten)]
    subject: Subject,
    /// Requests made; without any, so many times it was waited for as it is before each.
    drains: usize,
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
    /// All of it, with the time that the loop was left to touch new pages.
    seconds: f64,
}

impl Row {
    /// Of what was measured.
    pub fn new(asked: Asked, subject: Subject, measurement: Measurement) -> Self {
        Self {
            trigger: bench::name(asked),
            subject,
            drains: measurement.times.len(),
            works_by_function: measurement.works,
            involuntary_switches: measurement.involuntary,
            interrupts: worth_printing(measurement.interrupts),
            gaps_ns: nanoseconds(&measurement.gaps),
            turns_ns: nanoseconds(&measurement.long_turns),
            turns: measurement.turns,
            times_ns: nanoseconds(&measurement.times),
            seconds: measurement.took.as_secs_f64(),
        }
    }
}

fn worth_printing(mut interrupts: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    interrupts.retain(|name, &mut count| count > 0 || VECTORS.contains(&name.as_str()));
    interrupts
}

#[cfg(test)]
mod tests {
    use super::Row;
    use selftests::{
        bench::{Asked, Subject},
        triggers::{Measurement, Trigger},
    };
    use std::time::Duration;

    fn line(asked: Asked) -> String {
        let stock = Subject::STOCK;
        let measurement = Measurement {
            times: vec![Duration::from_nanos(7)],
            took: Duration::from_millis(1500),
            works: [("lru_add_drain_per_cpu".to_owned(), 1)].into(),
            remote: None,
            involuntary: 2,
            switched_to: Vec::new(),
            interrupts: [("LOC", 3), ("RES", 0), ("MCE", 0), ("IRQ4", 1)]
                .map(|(name, count)| (name.to_owned(), count))
                .into(),
            gaps: vec![Duration::from_micros(4)],
            long_turns: vec![Duration::from_micros(5)],
            turns: 6,
        };
        serde_json::to_string(&Row::new(asked, stock, measurement)).expect("JSON")
    }

    #[test]
    fn names() {
        assert_eq!(
            line(Some(Trigger::DropCaches)),
            r#"{"trigger":"drop_caches","subject":"stock","pwlocks":null,"drains":1,"#.to_owned()
                + r#""works_by_function":{"lru_add_drain_per_cpu":1},"involuntary_switches":2,"#
                + r#""interrupts":{"IRQ4":1,"LOC":3,"RES":0},"gaps_ns":[4000],"turns_ns":[5000],"turns":6,"#
                + r#""times_ns":[7],"seconds":1.5}"#
        );
    }

    #[test]
    fn no_request_has_a_name() {
        let line = line(None);
        assert!(
            line.starts_with(r#"{"trigger":"none","subject":"stock","pwlocks":null,"drains":1,"#)
        );
    }
}
