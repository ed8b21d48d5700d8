// SPDX-License-Identifier: GPL-2.0

//! The figures of one subject with batches of one kind.

use crate::{fill::Fill, round::Timed};
use selftests::bench::{Subject, nanoseconds};
use serde::Serialize;

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
pub struct Row {
    cpus: usize,
    fill: Fill,
    #[serde(flatten)]
    subject: Subject,
    drains: usize,
    /// Of as many drains.
    works: u64,
    /// Instructions of all CPUs for one drain, the median; none where they can't be counted.
    work: Option<f64>,
    /// Steps of the time-stamp counter while the caller waits, the median, where it counts cycles.
    cycles: Option<f64>,
    times_ns: Vec<u64>,
}

impl Row {
    /// Of drains that were timed, and the `works` of as many others.
    pub fn new(
        cpus: usize,
        fill: Fill,
        subject: Subject,
        timed: &[Timed],
        works: u64,
        counting: bool,
    ) -> Self {
        let times: Vec<_> = timed.iter().map(|drain| drain.time).collect();
        let ticks = median(timed.iter().map(|drain| drain.ticks).collect());

        Self {
            cpus,
            fill,
            subject,
            drains: timed.len(),
            works,
            work: ticks.filter(|_| counting),
            cycles: ticks.filter(|_| !counting),
            times_ns: nanoseconds(&times),
        }
    }
}

fn median(mut values: Vec<u64>) -> Option<f64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;

    Some((lower as f64 + upper as f64) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{Row, median};
    use crate::{fill::Fill, round::Timed};
    use selftests::bench::Subject;
    use std::time::Duration;

    #[test]
    fn what_the_counter_counts_is_one_or_the_other() {
        let line = |counting| {
            let drain = Timed {
                time: Duration::from_nanos(7),
                ticks: 20,
            };
            let row = Row::new(2, Fill::One, Subject::STOCK, &[drain], 2, counting);
            serde_json::to_string(&row).expect("JSON")
        };
        assert!(line(true).contains(r#""work":20.0,"cycles":null,"times_ns":[7]"#));
        assert!(line(false).contains(r#""work":null,"cycles":20.0,"#));
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9]), Some(9.0));
        assert_eq!(median(vec![9, 1, 4]), Some(4.0));
        assert_eq!(median(vec![9, 1, 4, 5]), Some(4.5));
    }
}
