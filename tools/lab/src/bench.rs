// SPDX-License-Identifier: GPL-2.0

//! `make bench`: what it costs and what it buys, as a report.
//!
//! Guests that count instructions run several at once, as others do not disturb them; those that
//! take times run one at a time and in random order. What a guest measured is kept at once, so that
//! the next run goes on where this one ends.

mod alternative;
mod baseline;
mod circumstances;
pub mod clock;
mod cost;
mod counted;
mod files;
mod fit;
pub mod gate;
pub mod here;
mod histogram;
mod hold;
mod interference;
mod latency;
mod measured;
mod model;
mod number;
mod oslat;
mod osnoise;
mod page;
mod per_trigger;
mod pictures;
pub mod plan;
mod plots;
mod published;
mod remaining;
mod repeats;
mod report;
mod row;
mod run;
mod scale;
mod sentences;
mod series;
mod statistics;
mod subject;
mod summary;
mod task;
mod text_lines;
mod timerlat;

pub use run::run;

use crate::failure::Failure;

/// A failure to measure, whose `cause` is known.
fn failure(step: &str, cause: impl std::fmt::Display) -> Failure {
    Failure::step(format!("bench: {step}"), cause)
}
