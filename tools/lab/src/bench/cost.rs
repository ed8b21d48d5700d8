// SPDX-License-Identifier: GPL-2.0

//! What an operation costs.

use serde::{Deserialize, Serialize};

use crate::bench::row::Figure;
use crate::bench::subject::Subject;

/// One operation with one subject.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Cost {
    /// What is done.
    pub operation: String,
    /// With what.
    #[serde(flatten)]
    pub subject: Subject,
    /// Instructions that it takes, where they are counted.
    pub instructions: Option<f64>,
    /// Cycles that it takes, where these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<f64>,
    /// How many of them are atomic.
    pub atomics: Option<f64>,
}

impl Cost {
    /// Names of what [`Self::labels`] gives.
    pub const COLUMNS: &[&str] = &["operation", "subject"];

    /// What tells this row from others.
    pub fn labels(&self) -> Vec<String> {
        vec![self.operation.clone(), self.subject.to_string()]
    }

    /// What was measured.
    pub fn figures(&self) -> Vec<Figure> {
        [
            ("instructions", self.instructions),
            ("cycles", self.cycles),
            ("atomics", self.atomics),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Figure::new(name, value?)))
        .collect()
    }
}
