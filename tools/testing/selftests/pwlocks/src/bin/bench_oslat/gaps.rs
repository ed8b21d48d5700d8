// SPDX-License-Identifier: GPL-2.0

//! What oslat has seen, from the JSON that it leaves.

use selftests::{doing::Doing as _, ktap::Trouble};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By the names of the JSON lines.
#[derive(Debug, PartialEq, Serialize)]
pub struct Gaps {
    /// The longest time between two looks at the clock.
    max_us: u64,
    /// The time at which a class of them begins, and how many there were; the last class is open. Most
    /// are no gaps, but what it takes to look at the clock.
    histogram_us: Vec<(u64, u64)>,
    /// How long it measured.
    measured_s: f64,
}

#[derive(Deserialize)]
struct Report {
    thread: BTreeMap<String, Thread>,
}

/// What one of its threads has seen, in microseconds.
#[derive(Deserialize)]
struct Thread {
    max: u64,
    duration: f64,
    /// By the time that a class ends before.
    histogram: BTreeMap<String, u64>,
}

/// How wide a class is.
const WIDTH_US: u64 = 10;

impl Gaps {
    /// Those of the only thread of a report.
    pub fn of_report(report: &str) -> Result<Self, Trouble> {
        let parsed: Report = serde_json::from_str(report).doing(report)?;
        let mut threads = parsed.thread.into_values();
        let (Some(thread), None) = (threads.next(), threads.next()) else {
            return Err(format!("not one thread has measured: {report}").into());
        };
        let mut histogram_us = thread
            .histogram
            .into_iter()
            .map(|(end, count)| {
                let end: u64 = end.parse().doing(&end)?;
                Ok((end.saturating_sub(WIDTH_US), count))
            })
            .collect::<Result<Vec<_>, Trouble>>()?;

        histogram_us.sort_unstable();
        Ok(Self {
            max_us: thread.max,
            histogram_us,
            measured_s: thread.duration,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Gaps;

    fn report(threads: &str) -> String {
        format!(
            r#"{{"file_version": 1, "cmdline:": "oslat", "num_threads": 1, "thread": {{{threads}}}}}"#
        )
    }

    const THREAD: &str = r#""0": {"cpu": 3, "freq": 2597, "min": 1, "avg": 10.000283, "max": 3884,
        "duration": 2.998, "histogram": {"10": 108237995, "100": 2, "20": 627, "3890": 1}}"#;

    #[test]
    fn classes_are_told_by_where_they_begin_in_their_order() {
        let gaps = Gaps::of_report(&report(THREAD)).expect("gaps");
        assert_eq!(
            serde_json::to_string(&gaps).expect("JSON"),
            r#"{"max_us":3884,"histogram_us":[[0,108237995],[10,627],[90,2],[3880,1]],"measured_s":2.998}"#
        );
    }

    #[test]
    fn what_says_nothing_is_an_error() {
        for text in ["", "{}", &report(""), &report(&THREAD.replace("20", "x"))] {
            assert!(Gaps::of_report(text).is_err(), "{text}");
        }
    }
}
