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
        let ticks = timed.iter().map(|drain| drain.ticks).collect();

        Self {
            cpus,
            fill,
            subject,
            drains: timed.len(),
            works,
            work: counting.then(|| median(ticks)).flatten(),
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
    use super::median;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9]), Some(9.0));
        assert_eq!(median(vec![9, 1, 4]), Some(4.0));
        assert_eq!(median(vec![9, 1, 4, 5]), Some(4.5));
    }
}
