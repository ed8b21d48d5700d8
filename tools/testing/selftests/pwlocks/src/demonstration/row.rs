// SPDX-License-Identifier: GPL-2.0

//! One row of the table, and what it is expected to say.

use serde::Serialize;
use std::time::Duration;

/// The figures of one run, by the names of build/run.json.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What was measured: the demo.
    pub subject: &'static str,
    /// The kernel's release.
    pub kernel: String,
    /// `amd64` or `rt-amd64`.
    pub flavour: &'static str,
    /// The mode in force.
    pub pwlocks: u8,
    /// Drains made.
    pub drains: usize,
    /// Drain work that ran on the isolated CPU.
    pub works_run_on_isolated_cpu: u64,
    /// Times the loop was switched out against its will.
    pub involuntary_switches: u64,
    /// How long a drain took its caller.
    pub drain_us: Micros,
    /// The longest time between two turns of the loop.
    pub longest_gap_us: u64,
    /// What became of the folios.
    pub folios: Folios,
}

/// Percentiles, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Micros {
    /// The median.
    pub p50: u64,
    /// All but one in a hundred are at most this.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// Folios by where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Folios {
    /// Put into batches by the loop.
    pub r#in: u64,
    /// Of these, on a list.
    pub on_lru: u64,
    /// Of these, in a batch still.
    pub in_batch: u64,
    /// Of these, neither.
    pub lost: u64,
}

impl Micros {
    /// The percentiles of `times`, by nearest rank.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let rank = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).map_or(0, |time| {
                u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
            })
        };

        Self {
            p50: rank(50),
            p99: rank(99),
            max: rank(100),
        }
    }
}

impl Row {
    /// Whether the isolated CPU was left alone as far as it must be: `None`, or what is wrong.
    pub fn wrong_about_works(&self) -> Option<String> {
        wrong(
            self.pwlocks,
            self.works_run_on_isolated_cpu,
            "works ran on the isolated CPU",
        )
    }

    /// The same for the loop's involuntary switches, whoever they were for.
    pub fn wrong_about_switches(&self) -> Option<String> {
        wrong(
            self.pwlocks,
            self.involuntary_switches,
            "involuntary switches of the loop",
        )
    }

    /// Whether a folio was lost.
    pub fn wrong_about_folios(&self) -> Option<String> {
        (self.folios.lost != 0).then(|| format!("{} folios are lost", self.folios.lost))
    }

    /// Everything that contradicts what the demonstration is to show.
    pub fn contradictions(&self) -> Vec<String> {
        [
            self.wrong_about_works(),
            self.wrong_about_switches(),
            self.wrong_about_folios(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn wrong(pwlocks: u8, count: u64, what: &str) -> Option<String> {
    match pwlocks {
        0 if count == 0 => Some(format!("no {what} with pwlocks=0")),
        1 if count > 0 => Some(format!("{count} {what} with pwlocks=1")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pwlocks: u8, count: u64, lost: u64) -> Row {
        Row {
            subject: "demo",
            kernel: "7.2.12".to_owned(),
            flavour: "amd64",
            pwlocks,
            drains: 20,
            works_run_on_isolated_cpu: count,
            involuntary_switches: count,
            drain_us: Micros::of(vec![Duration::from_micros(5)]),
            longest_gap_us: 3,
            folios: Folios {
                r#in: 7,
                on_lru: 4,
                in_batch: 3 - lost,
                lost,
            },
        }
    }

    #[test]
    fn percentiles() {
        let times = (1..=200).map(Duration::from_micros).collect();
        let expected = Micros {
            p50: 100,
            p99: 198,
            max: 200,
        };
        assert_eq!(Micros::of(times), expected);
    }

    #[test]
    fn contradictions() {
        assert!(row(0, 5, 0).contradictions().is_empty());
        assert!(row(1, 0, 0).contradictions().is_empty());
        assert_eq!(row(0, 0, 0).contradictions().len(), 2);
        assert_eq!(row(1, 1, 1).contradictions().len(), 3);
    }

    #[test]
    fn names() {
        let json = serde_json::to_string(&row(1, 0, 0)).expect("JSON");
        assert_eq!(
            json,
            r#"{"subject":"demo","kernel":"7.2.12","flavour":"amd64","pwlocks":1,"drains":20,"#
                .to_owned()
                + r#""works_run_on_isolated_cpu":0,"involuntary_switches":0,"#
                + r#""drain_us":{"p50":5,"p99":5,"max":5},"longest_gap_us":3,"#
                + r#""folios":{"in":7,"on_lru":4,"in_batch":3,"lost":0}}"#
        );
    }
}
