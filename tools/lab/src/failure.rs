// SPDX-License-Identifier: GPL-2.0

//! What a user is told when something goes wrong: one message with step, cause, log and remedy.

use std::fmt;
use std::path::PathBuf;

/// What kind of failure it is, which decides the exit status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A test failed or a figure contradicts the claim.
    Test,
    /// The command was used wrongly or the host lacks a package.
    Usage,
    /// A step before or around the tests did not work.
    Step,
    /// The user interrupted.
    Interrupted,
}

impl Kind {
    /// The exit status that stands for this kind.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Test => 1,
            Self::Usage => 2,
            Self::Step => 3,
            Self::Interrupted => 130,
        }
    }
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Ended {
    /// Nothing to complain of.
    Well,
    /// Tests failed, which the command has told the user.
    WithFailedTests,
    /// Guests hung or panicked, which the command has told the user.
    WithDeadGuests,
}

impl Ended {
    /// The end of tests that all passed or did not.
    pub fn of_tests(all_passed: bool) -> Self {
        if all_passed {
            Self::Well
        } else {
            Self::WithFailedTests
        }
    }

    /// The exit status that stands for it.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::WithFailedTests => Kind::Test.exit_status(),
            Self::WithDeadGuests => Kind::Step.exit_status(),
        }
    }
}

/// A failure as the user reads it.
#[derive(Debug, thiserror::Error)]
pub struct Failure {
    /// Decides the exit status.
    pub kind: Kind,
    /// What was being done.
    pub step: String,
    /// Why it did not work.
    pub cause: String,
    /// Where the details are.
    pub log: Option<PathBuf>,
    /// What the user can do.
    pub remedy: Option<String>,
}

/// Result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A step that failed for `cause`.
    pub fn step(step: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Step,
            step: step.to_string(),
            cause: cause.to_string(),
            log: None,
            remedy: None,
        }
    }

    /// A request that cannot be met as it was made.
    pub fn usage(step: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Usage,
            ..Self::step(step, cause)
        }
    }

    /// A test that failed.
    pub fn test(step: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Test,
            ..Self::step(step, cause)
        }
    }

    /// The user's interruption, noticed in `step`.
    pub fn interrupted(step: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Interrupted,
            ..Self::step(step, "interrupted; what was finished is kept")
        }
    }

    /// Adds where the details are.
    pub fn log(mut self, log: impl Into<PathBuf>) -> Self {
        self.log = Some(log.into());
        self
    }

    /// Adds what the user can do.
    pub fn remedy(mut self, remedy: impl fmt::Display) -> Self {
        self.remedy = Some(remedy.to_string());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.cause)?;
        if let Some(log) = &self.log {
            write!(f, "\n  log:    {}", log.display())?;
        }
        if let Some(remedy) = &self.remedy {
            write!(f, "\n  remedy: {remedy}")?;
        }
        Ok(())
    }
}

/// Names the step in which a library's error happened.
pub trait During<T> {
    /// Turns the error into a [`Failure`] of `step`.
    fn during(self, step: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> During<T> for std::result::Result<T, E> {
    fn during(self, step: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Failure::step(step, error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Kind};

    #[test]
    fn the_message_names_step_cause_log_and_remedy() {
        let failure = Failure::step("root: install", "no space left")
            .log("/tmp/root.log")
            .remedy("free 3 GB");
        assert_eq!(
            failure.to_string(),
            "root: install: no space left\n  log:    /tmp/root.log\n  remedy: free 3 GB"
        );
    }

    #[test]
    fn a_failed_test_and_a_failed_step_exit_differently() {
        let statuses = [Kind::Test, Kind::Usage, Kind::Step, Kind::Interrupted];
        assert_eq!(statuses.map(Kind::exit_status), [1, 2, 3, 130]);
    }
}
