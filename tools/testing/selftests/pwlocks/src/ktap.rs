// SPDX-License-Identifier: GPL-2.0

//! A writer of KTAP version 1, the format of kernel test results.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

/// Exit status of a program that could test nothing, by kselftest's convention.
pub const EXIT_SKIPPED: u8 = 4;

/// Why a test point is not `ok`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Can't be tested here, and why.
    Skip(String),
    /// What is wrong.
    Fail(String),
}

impl Trouble {
    /// A skip with this reason.
    pub fn skip(reason: impl Display) -> Self {
        Self::Skip(reason.to_string())
    }

    /// A failure with this explanation.
    pub fn fail(explanation: impl Display) -> Self {
        Self::Fail(explanation.to_string())
    }
}

impl From<String> for Trouble {
    fn from(explanation: String) -> Self {
        Self::Fail(explanation)
    }
}

impl From<&str> for Trouble {
    fn from(explanation: &str) -> Self {
        Self::fail(explanation)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::fail(error)
    }
}

impl From<nix::Error> for Trouble {
    fn from(error: nix::Error) -> Self {
        Self::fail(error)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::fail(error)
    }
}

/// What a test point comes to.
pub type Verdict = Result<(), Trouble>;

/// Fails with a message unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::ktap::Trouble::Fail(format!($($message)+)));
        }
    };
}

/// A report under way: so many points are planned, so many were given.
#[derive(Debug)]
pub struct Report {
    planned: usize,
    given: usize,
    failed: usize,
    skipped: usize,
}

impl Report {
    /// Starts a report that will have `planned` points.
    pub fn begin(planned: usize) -> Self {
        println!("KTAP version 1\n1..{planned}");
        Self {
            planned,
            given: 0,
            failed: 0,
            skipped: 0,
        }
    }

    /// Prints remarks, a line each.
    pub fn diagnostic(&self, text: impl Display) {
        for line in text.to_string().lines() {
            println!("# {line}");
        }
    }

    /// Runs `test` as the next point.
    pub fn test(&mut self, name: &str, test: impl FnOnce() -> Verdict) {
        let verdict = test();
        self.point(name, verdict);
    }

    /// Reports the next point.
    pub fn point(&mut self, name: &str, verdict: Verdict) {
        self.given += 1;
        // A '#' in a name would begin a directive.
        let name = name.replace('#', "");
        let number = self.given;
        match verdict {
            Ok(()) => println!("ok {number} - {name}"),
            Err(Trouble::Skip(reason)) => {
                self.skipped += 1;
                println!("ok {number} - {name} # SKIP {}", one_line(&reason));
            }
            Err(Trouble::Fail(explanation)) => {
                self.failed += 1;
                self.diagnostic(&explanation);
                println!("not ok {number} - {name}");
            }
        }
        // Without a reader there is nobody to tell, and the exit status still counts.
        let _ = io::stdout().flush();
    }

    /// Whether a point that was given failed.
    pub fn has_failed(&self) -> bool {
        self.failed > 0
    }

    /// Ends the report with its totals; the program's exit status.
    ///
    /// A point that was planned and not given counts as failed.
    pub fn end(self) -> ExitCode {
        let passed = self.given - self.failed - self.skipped;
        println!(
            "# Totals: pass:{passed} fail:{} skip:{}",
            self.failed, self.skipped
        );
        if self.failed > 0 || self.given != self.planned {
            return ExitCode::FAILURE;
        }
        if self.given == self.skipped {
            return ExitCode::from(EXIT_SKIPPED);
        }
        ExitCode::SUCCESS
    }
}

/// A whole report that says why nothing can be tested, or why the program could not begin.
pub fn nothing_tested(name: &str, trouble: Trouble) -> ExitCode {
    let mut report = Report::begin(1);
    report.point(name, Err(trouble));
    report.end()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(planned: usize, verdicts: Vec<Verdict>) -> String {
        let mut report = Report::begin(planned);
        for verdict in verdicts {
            report.point("point", verdict);
        }
        format!("{:?}", report.end())
    }

    fn code(code: u8) -> String {
        format!("{:?}", ExitCode::from(code))
    }

    #[test]
    fn all_passed() {
        assert_eq!(status(1, vec![Ok(())]), code(0));
    }

    #[test]
    fn one_failed() {
        assert_eq!(status(2, vec![Ok(()), Err("x".into())]), code(1));
    }

    #[test]
    fn all_skipped() {
        assert_eq!(status(1, vec![Err(Trouble::skip("x"))]), code(EXIT_SKIPPED));
    }

    #[test]
    fn some_skipped() {
        assert_eq!(status(2, vec![Ok(()), Err(Trouble::skip("x"))]), code(0));
    }

    #[test]
    fn missing_point_is_a_failure() {
        assert_eq!(status(2, vec![Ok(())]), code(1));
    }
}
