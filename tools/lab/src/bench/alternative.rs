// SPDX-License-Identifier: GPL-2.0

//! What can be done about an isolated CPU's batches.

use serde::{Deserialize, Serialize};

use crate::bench::row::Figure;

/// One of the alternatives.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Alternative {
    /// `workqueue`: the kernel as it is; `remote`: mm_swap_live with pwlocks=1; `bypass`, `skip`: what
    /// rust/mm_swap_live/alternative.rs says.
    pub alternative: String,
    /// Instructions of a new page on the isolated CPU.
    pub isolated_per_page: f64,
    /// The same on another CPU.
    pub elsewhere_per_page: f64,
    /// Requests to drain all CPUs.
    pub requests: u64,
    /// Pages that the isolated CPU had touched before each.
    pub touched: u64,
    /// Of all these, those that were on no list before the request.
    pub waiting: u64,
    /// Those that were on no list after it.
    pub left: u64,
    /// Works of drains that ran for the requests.
    pub works: u64,
    /// Instructions of all CPUs for one request.
    pub request: f64,
}

impl Alternative {
    /// Names of what [`Self::labels`] gives.
    pub const COLUMNS: &[&str] = &["alternative"];

    /// What tells this row from others.
    pub fn labels(&self) -> Vec<String> {
        vec![self.alternative.clone()]
    }

    /// What was measured.
    pub fn figures(&self) -> Vec<Figure> {
        let each = |count: u64| count as f64 / self.requests.max(1) as f64;
        vec![
            Figure::new(ISOLATED, self.isolated_per_page),
            Figure::new("of a new page, elsewhere", self.elsewhere_per_page),
            Figure::new("of all CPUs per request", self.request),
            Figure::new("works per request", each(self.works)),
            Figure::new("pages touched before each", self.touched as f64),
            Figure::new("of these waiting", each(self.waiting)),
            Figure::new(LEFT, each(self.left)),
        ]
    }
}

/// The figure that is the cost to the isolated CPU.
pub const ISOLATED: &str = "instructions of a new page, isolated";

/// The figure that says whether the drain kept its promise.
pub const LEFT: &str = "left by the request";

#[cfg(test)]
mod tests {
    use super::{Alternative, LEFT};

    #[test]
    fn pages_are_counted_by_the_request() {
        let row: Alternative = serde_json::from_str(
            "{\"alternative\":\"skip\",\"isolated_per_page\":7811.5,\"elsewhere_per_page\":7812.0,\
             \"requests\":10,\"touched\":30,\"waiting\":300,\"left\":290,\"works\":0,\"request\":2500.0}",
        )
        .unwrap();
        let figures = row.figures();
        let left = figures.iter().find(|figure| figure.name == LEFT).unwrap();
        assert!((left.value - 29.0).abs() < 1e-9);
        assert_eq!(row.labels(), ["skip"]);
    }
}
