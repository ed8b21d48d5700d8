// SPDX-License-Identifier: GPL-2.0

//! How long a drain holds the lock of another CPU's batch.

use serde::{Deserialize, Serialize};

use crate::bench::row::Figure;

/// One way of draining.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Hold {
    /// `taken_out`: the folios are moved without the lock; `locked`: under it, as in the C series.
    pub way: String,
    /// Instructions of the longest hold in the drain that was disturbed least.
    pub longest: u64,
    /// The mean of the longest holds of all tries.
    pub mean: f64,
    /// How many tries there were.
    pub tries: u64,
}

impl Hold {
    /// Names of what [`Self::labels`] gives.
    pub const COLUMNS: &[&str] = &["way"];

    /// What tells this row from others.
    pub fn labels(&self) -> Vec<String> {
        vec![self.way.clone()]
    }

    /// What was measured.
    pub fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("longest", self.longest as f64),
            Figure::new("mean of the tries", self.mean),
        ]
    }
}
