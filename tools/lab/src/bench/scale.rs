// SPDX-License-Identifier: GPL-2.0

//! What a drain of all CPUs takes, by their number.

use serde::{Deserialize, Serialize};

use crate::bench::row::Figure;
use crate::bench::statistics::median;
use crate::bench::subject::Subject;

/// Drains of so many CPUs with one subject.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Scale {
    /// How many CPUs there are.
    pub cpus: u32,
    /// What is in their batches: `empty`, `one`, `full`.
    pub fill: String,
    /// Who drains.
    #[serde(flatten)]
    pub subject: Subject,
    /// Drains made.
    pub drains: u64,
    /// Works that ran for them, on all CPUs.
    pub works: u64,
    /// Instructions of all CPUs together, per drain, where they can be counted.
    pub work: Option<f64>,
    /// Cycles that the caller waits, where the clock counts those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<f64>,
    /// How long each drain took.
    #[serde(default)]
    pub times_ns: Vec<f64>,
}

impl Scale {
    /// Names of what [`Self::labels`] gives.
    pub const COLUMNS: &[&str] = &["batches", "CPUs", "subject"];

    /// What tells this row from others.
    pub fn labels(&self) -> Vec<String> {
        vec![
            self.fill.clone(),
            self.cpus.to_string(),
            self.subject.to_string(),
        ]
    }

    /// What was measured.
    pub fn figures(&self) -> Vec<Figure> {
        let works = self.works as f64 / self.drains.max(1) as f64;
        let work = self.work;
        let work = work.map(|work| Figure::new("instructions of all CPUs per drain", work));
        let mut figures: Vec<_> = work.into_iter().collect();
        figures.push(Figure::new("works per drain", works));
        figures.extend(
            self.cycles
                .map(|cycles| Figure::new("drain cycles p50", cycles)),
        );
        figures.extend(median(&self.times_ns).map(|time| Figure::new("drain us p50", time / 1e3)));
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn works_are_counted_by_the_drain() {
        let scale: Scale = serde_json::from_str(
            "{\"cpus\":8,\"fill\":\"one\",\"subject\":\"live\",\"pwlocks\":1,\"drains\":4,\
             \"works\":28,\"work\":5000.5,\"times_ns\":[3000,1000,2000]}",
        )
        .unwrap();
        let figures: Vec<_> = scale.figures().iter().map(|figure| figure.value).collect();
        assert_eq!(figures, [5000.5, 7.0, 2.0]);
        assert_eq!(scale.labels(), ["one", "8", "live 1"]);
    }
}
