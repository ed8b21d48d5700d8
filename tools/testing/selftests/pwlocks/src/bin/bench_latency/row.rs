// SPDX-License-Identifier: GPL-2.0

//! The figures of one subject with the isolated CPU in one state.

use crate::{
    isolated::Isolated,
    latency::{BOUND, Latency},
};
use selftests::bench::{Subject, nanoseconds};
use serde::Serialize;

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
pub struct Row {
    isolated: Isolated,
    #[serde(flatten)]
    subject: Subject,
    drains: usize,
    /// Of those that returned.
    times_ns: Vec<u64>,
    /// Drains that had not returned after [`BOUND`]: their times are longer than all others.
    unfinished: usize,
    bound_ns: u64,
}

impl Row {
    /// Of what was measured.
    pub fn new(isolated: Isolated, subject: Subject, latency: &Latency) -> Self {
        Self {
            isolated,
            subject,
            drains: latency.drains(),
            times_ns: nanoseconds(&latency.times),
            unfinished: latency.unfinished,
            bound_ns: BOUND.as_nanos() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Row;
    use crate::{isolated::Isolated, latency::Latency};
    use selftests::bench::Subject;
    use std::time::Duration;

    #[test]
    fn names() {
        let latency = Latency {
            times: vec![Duration::from_nanos(5)],
            unfinished: 1,
        };
        let row = Row::new(Isolated::Fifo, Subject::STOCK, &latency);
        assert_eq!(
            serde_json::to_string(&row).expect("JSON"),
            r#"{"isolated":"fifo","subject":"stock","pwlocks":null,"drains":2,"#.to_owned()
                + r#""times_ns":[5],"unfinished":1,"bound_ns":2000000000}"#
        );
    }
}
