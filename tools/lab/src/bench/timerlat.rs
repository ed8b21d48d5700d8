// SPDX-License-Identifier: GPL-2.0

//! How late a timer's interrupt and the thread that it wakes are on the isolated CPU, as the kernel's
//! timerlat tracer has it.

use serde::{Deserialize, Serialize};

use crate::bench::histogram::{BOUNDS, Histogram};
use crate::bench::per_trigger::PerTrigger;
use crate::bench::row::Figure;

/// Requests of one kind, with one subject.
pub type Timerlat = PerTrigger<Late>;

/// What the tracer saw meanwhile.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Late {
    /// Works that ran on the isolated CPU.
    pub works: u64,
    /// Of the timer's interrupt.
    pub interrupt: Lateness,
    /// Of the thread.
    pub thread: Lateness,
}

/// How late something was.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Lateness {
    /// The mean.
    pub avg_us: u64,
    /// The longest.
    pub max_us: u64,
    /// All of them.
    pub histogram_us: Histogram,
}

/// What the figure is called that is drawn.
pub const DRAWN: &str = "thread, longest us";

/// Times are counted for so many of them, as there are more the longer requests take.
const TIMES: f64 = 1000.0;

impl PerTrigger<Late> {
    /// What was measured: works per 1,000 drains, times per 1,000 of them.
    pub fn figures(&self) -> Vec<Figure> {
        let seen = &self.seen;
        let of = [("interrupt", &seen.interrupt), ("thread", &seen.thread)];
        let mut figures = vec![self.count("works", seen.works)];
        for (what, lateness) in of {
            let longest = lateness.max_us as f64;
            figures.push(Figure::new(&format!("{what}, longest us"), longest));
            figures.push(Figure::new(
                &format!("{what}, mean us"),
                lateness.avg_us as f64,
            ));
            let all = lateness.histogram_us.all().max(1) as f64;
            figures.extend(BOUNDS.map(|(bound, name)| {
                let late = lateness.histogram_us.from(bound) as f64;
                Figure::new(&format!("{what}, from {name}"), late * TIMES / all)
            }));
        }
        let times = seen.thread.histogram_us.all() as f64;
        figures.push(Figure::new("times", times));
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::{DRAWN, Timerlat};

    #[test]
    fn what_is_late_is_counted_above_bounds() {
        let row: Timerlat = serde_json::from_str(
            "{\"trigger\":\"fadvise\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\"works\":20,\
             \"interrupt\":{\"avg_us\":2,\"max_us\":14,\"histogram_us\":[[0,495],[10,5]]},\
             \"thread\":{\"avg_us\":16,\"max_us\":2003,\"histogram_us\":[[10,498],[100,1],[2000,1]]},\"seconds\":0.5}",
        )
        .unwrap();
        let figures = row.figures().into_iter();
        let figures: Vec<_> = figures.map(|figure| (figure.name, figure.value)).collect();
        let expected = [
            ("works", 2000.0),
            ("interrupt, longest us", 14.0),
            ("interrupt, mean us", 2.0),
            ("interrupt, from 10 us", 10.0),
            ("interrupt, from 100 us", 0.0),
            ("interrupt, from 1 ms", 0.0),
            (DRAWN, 2003.0),
            ("thread, mean us", 16.0),
            ("thread, from 10 us", 1000.0),
            ("thread, from 100 us", 4.0),
            ("thread, from 1 ms", 2.0),
            ("times", 500.0),
        ];
        assert_eq!(
            figures,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
    }
}
