// SPDX-License-Identifier: GPL-2.0

//! How long the one who asks for a drain waits.

use serde::{Deserialize, Serialize};

use crate::bench::row::Figure;
use crate::bench::statistics::percentile;
use crate::bench::subject::Subject;

/// Drains while the isolated CPU does one thing, with one subject.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Latency {
    /// What the isolated CPU does: `idle`, `busy`, `fifo`.
    pub isolated: String,
    /// Who drains.
    #[serde(flatten)]
    pub subject: Subject,
    /// Drains asked for.
    pub drains: u64,
    /// How long each took that was over in time.
    pub times_ns: Vec<f64>,
    /// Drains that were not over when the guest stopped to wait for them.
    #[serde(default)]
    pub unfinished: u64,
}

impl Latency {
    /// Names of what [`Self::labels`] gives.
    pub const COLUMNS: &[&str] = &["isolated CPU", "subject"];

    /// Names of the percentiles, with the shares that are below them.
    pub const PERCENTILES: [(&str, f64); 4] = [
        ("p50 us", 0.5),
        ("p90 us", 0.9),
        ("p99 us", 0.99),
        ("max us", 1.0),
    ];

    /// What tells this row from others.
    pub fn labels(&self) -> Vec<String> {
        vec![self.isolated.clone(), self.subject.to_string()]
    }

    /// What was measured. A drain that was not over counts as longer than all others, so a
    /// percentile that falls on one is not known and left out.
    pub fn figures(&self) -> Vec<Figure> {
        let unfinished = usize::try_from(self.unfinished).unwrap_or(usize::MAX);
        let mut times = self.times_ns.clone();
        times.extend(std::iter::repeat_n(f64::INFINITY, unfinished));
        let percentiles = Self::PERCENTILES.into_iter().filter_map(|(name, share)| {
            let time = percentile(&times, share).filter(|time| time.is_finite())?;
            Some(Figure::new(name, time / 1e3))
        });
        let unfinished = Figure::new("unfinished", self.unfinished as f64);
        percentiles.chain([unfinished]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Latency;

    fn latency(unfinished: u64) -> Vec<(String, f64)> {
        let line = format!(
            "{{\"isolated\":\"fifo\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\
             \"times_ns\":[1000,2000,3000,4000,5000,6000,7000,8000,9000],\"unfinished\":{unfinished}}}"
        );
        let latency: Latency = serde_json::from_str(&line).unwrap();
        let figures = latency.figures().into_iter();
        figures.map(|figure| (figure.name, figure.value)).collect()
    }

    #[test]
    fn what_did_not_end_is_no_time() {
        let names = |figures: &[(String, f64)]| {
            let names = figures.iter().map(|(name, _)| name.clone());
            names.collect::<Vec<_>>()
        };
        let all = latency(0);
        assert_eq!(
            names(&all),
            ["p50 us", "p90 us", "p99 us", "max us", "unfinished"]
        );
        assert_eq!(all[3].1, 9.0);
        // Of ten the longest is not known, and so is what is above nine of ten.
        let some = latency(1);
        assert_eq!(names(&some), ["p50 us", "p90 us", "unfinished"]);
        assert_eq!((some[0].1, some[1].1, some[2].1), (5.0, 9.0, 1.0));
    }
}
