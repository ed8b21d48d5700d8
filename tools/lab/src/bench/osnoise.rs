// SPDX-License-Identifier: GPL-2.0

//! What had the isolated CPU instead of its task, as the kernel's osnoise tracer accounts for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bench::per_trigger::PerTrigger;
use crate::bench::row::Figure;

/// Requests of one kind, with one subject.
pub type Osnoise = PerTrigger<Accounted>;

/// What the tracer accounted for meanwhile.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Accounted {
    /// What had the CPU, by what it was: `irq local_timer`, `thread kworker/3:1`.
    pub noise: BTreeMap<String, Noise>,
}

/// What one cause took.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Noise {
    /// Times.
    pub count: u64,
    /// All of them together.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

/// The kinds of causes, as they begin, and what figures of theirs are called.
const KINDS: [(&str, &str, &str); 4] = [
    ("thread", "threads", "threads us"),
    ("irq", "interrupts", "interrupts us"),
    ("softirq", "softirqs", "softirqs us"),
    ("nmi", "NMIs", "NMIs us"),
];

impl PerTrigger<Accounted> {
    /// What was measured, per 1,000 drains but for the longest.
    pub fn figures(&self) -> Vec<Figure> {
        let noise = &self.seen.noise;
        let longest = noise.values().map(|noise| noise.max_ns).max();
        let mut figures = vec![Figure::new("longest us", longest.unwrap_or(0) as f64 / 1e3)];
        for (kind, times, time) in KINDS {
            let of_kind = noise.iter();
            let of_kind = of_kind.filter(|(name, _)| name.split(' ').next() == Some(kind));
            let (count, total) = of_kind.fold((0, 0), |(count, total), (_, noise)| {
                (count + noise.count, total + noise.total_ns)
            });
            figures.push(self.count(times, count));
            figures.push(Figure::new(time, self.per_thousand(total) / 1e3));
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::Osnoise;

    #[test]
    fn noise_is_summed_by_its_kind() {
        let row: Osnoise = serde_json::from_str(
            "{\"trigger\":\"fadvise\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\"seconds\":1.5,\
             \"noise\":{\"irq local_timer\":{\"count\":4,\"total_ns\":8000,\"max_ns\":3000},\
             \"thread kworker/3:1\":{\"count\":10,\"total_ns\":50000,\"max_ns\":9000},\
             \"thread migration/3\":{\"count\":1,\"total_ns\":1000,\"max_ns\":1000}}}",
        )
        .unwrap();
        let value = |name: &str| {
            let figures = row.figures();
            figures
                .iter()
                .find(|figure| figure.name == name)
                .unwrap()
                .value
        };
        assert_eq!(value("longest us"), 9.0);
        assert_eq!((value("threads"), value("threads us")), (1100.0, 5100.0));
        assert_eq!(
            (value("interrupts"), value("interrupts us")),
            (400.0, 800.0)
        );
        assert_eq!(value("softirqs"), 0.0);
    }
}
