// SPDX-License-Identifier: GPL-2.0

//! The figures of one alternative.

use crate::drained::Drained;
use serde::Serialize;

/// By the names of the JSON lines. Costs are in instructions.
#[derive(Debug, Serialize)]
pub(crate) struct Row<'a> {
    pub(crate) alternative: &'a str,
    /// Of a new page, on the isolated CPU and on another one.
    pub(crate) isolated_per_page: f64,
    pub(crate) elsewhere_per_page: f64,
    #[serde(flatten)]
    pub(crate) drained: Drained,
}
