// SPDX-License-Identifier: GPL-2.0

//! The gaps that a spinning task sees on the isolated CPU, as oslat has them.

use serde::{Deserialize, Serialize};

use crate::bench::histogram::{BOUNDS, Histogram};
use crate::bench::per_trigger::PerTrigger;
use crate::bench::row::Figure;

/// Requests of one kind, with one subject.
pub type Oslat = PerTrigger<Gaps>;

/// What oslat saw meanwhile.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Gaps {
    /// Works that ran on the isolated CPU.
    pub works: u64,
    /// The longest gap.
    pub max_us: u64,
    /// All of them, most of which are what it takes to look at the clock.
    pub histogram_us: Histogram,
    /// Seconds in which gaps were looked for.
    pub measured_s: f64,
}

/// What the figure is called that is drawn.
pub const DRAWN: &str = "gaps from 100 us";

impl PerTrigger<Gaps> {
    /// What was measured, per 1,000 drains where it is a count.
    pub fn figures(&self) -> Vec<Figure> {
        let seen = &self.seen;
        let mut figures = vec![
            Figure::new("longest us", seen.max_us as f64),
            self.count("works", seen.works),
        ];
        figures.extend(BOUNDS.map(|(bound, name)| {
            let gaps = seen.histogram_us.from(bound);
            self.count(&format!("gaps from {name}"), gaps)
        }));
        figures.push(Figure::new("seconds", seen.measured_s));
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::{DRAWN, Oslat};

    #[test]
    fn gaps_are_counted_above_bounds() {
        let row: Oslat = serde_json::from_str(
            "{\"trigger\":\"fadvise\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\"works\":20,\
             \"max_us\":3884,\"histogram_us\":[[0,9000],[10,600],[100,7],[3880,1]],\"measured_s\":2.5,\"seconds\":2.5}",
        )
        .unwrap();
        let figures = row.figures().into_iter();
        let figures: Vec<_> = figures.map(|figure| (figure.name, figure.value)).collect();
        let expected = [
            ("longest us", 3884.0),
            ("works", 2000.0),
            ("gaps from 10 us", 60800.0),
            (DRAWN, 800.0),
            ("gaps from 1 ms", 100.0),
            ("seconds", 2.5),
        ];
        assert_eq!(
            figures,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
    }
}
