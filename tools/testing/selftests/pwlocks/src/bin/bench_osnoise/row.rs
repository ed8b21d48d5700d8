// SPDX-License-Identifier: GPL-2.0

//! The figures of one kind of request with one subject.

use crate::noise::ByCause;
use selftests::{
    bench::{self, Asked, Subject},
    triggers::Measurement,
};
use serde::Serialize;

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
pub struct Row {
    trigger: &'static str,
    #[serde(flatten)]
    subject: Subject,
    /// Requests made; without any, so many times it was waited for as it is before each.
    drains: usize,
    noise: ByCause,
    /// All of it, with the time that the loop was left to touch new pages.
    seconds: f64,
}

impl Row {
    /// Of what was measured.
    pub fn new(asked: Asked, subject: Subject, measurement: &Measurement, noise: ByCause) -> Self {
        Self {
            trigger: bench::name(asked),
            subject,
            drains: measurement.times.len(),
            noise,
            seconds: measurement.took.as_secs_f64(),
        }
    }
}
