// SPDX-License-Identifier: GPL-2.0

//! Saying what was being done when an error came.

use crate::ktap::Trouble;
use std::fmt::Display;

/// Turns an error into a failure that names what failed.
pub trait Doing<T> {
    /// The failure reads `what: the error`.
    fn doing(self, what: impl Display) -> Result<T, Trouble>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Display) -> Result<T, Trouble> {
        self.map_err(|error| Trouble::fail(format!("{what}: {error}")))
    }
}
