// SPDX-License-Identifier: GPL-2.0

//! Requests to the demo's device that it must refuse.

mod case;
mod fence;
mod generator;

pub use case::{Argument, Case};
pub use fence::{Fence, bad_addresses};
pub use generator::{Material, next};
