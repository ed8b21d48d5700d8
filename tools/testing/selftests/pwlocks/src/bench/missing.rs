// SPDX-License-Identifier: GPL-2.0

//! What could not be measured.

use super::remark;
use crate::ktap::Trouble;
use std::fmt::Display;

/// Whether there is anything, and how much was measured.
#[derive(Debug, Default)]
pub struct Missing {
    measured: usize,
    missing: usize,
}

impl Missing {
    /// Takes note of what came of measuring `what`; says it if it is nothing, for what comes after to
    /// be measured nevertheless.
    pub fn note(&mut self, what: impl Display, result: Result<(), Trouble>) {
        match result {
            Ok(()) => self.measured += 1,
            Err(Trouble::Skip(why) | Trouble::Fail(why)) => {
                self.missing += 1;
                remark(format_args!("not measured: {what}: {why}"));
            }
        }
    }

    /// Whether all of it was measured, and there was something.
    pub fn is_nothing(&self) -> bool {
        self.missing == 0 && self.measured > 0
    }
}

#[cfg(test)]
mod tests {
    use super::Missing;
    use crate::ktap::Trouble;

    #[test]
    fn one_thing_missing_is_enough_and_nothing_at_all_is_not_all() {
        let mut missing = Missing::default();
        assert!(!missing.is_nothing());
        missing.note("one", Ok(()));
        assert!(missing.is_nothing());
        missing.note("another", Err(Trouble::skip("no such CPU")));
        missing.note("the third", Ok(()));
        assert!(!missing.is_nothing());
    }
}
