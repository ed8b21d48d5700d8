// SPDX-License-Identifier: GPL-2.0

//! Results of tests and their sum.

use std::fmt;

use guest_plan::frame::STATUS_TIMEOUT;
use guest_plan::ktap::{self, Verdict};

use crate::bench::gate::CountedBy;
use crate::failure::Ended;
use crate::guest::Outcome;
use crate::matrix::ExpectedSkip;
use crate::transcript::StepOutput;

/// kselftest's exit status of a program that could not test anything.
pub const STATUS_SKIP: i32 = 4;

/// Sums of results, and what went wrong.
#[derive(Debug, Default)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that were skipped as expected.
    pub skipped: u64,
    /// One explanation per test that failed.
    pub failures: Vec<String>,
    /// Guests that did not come to their end, each of which is a failure as well.
    pub dead_guests: u64,
    /// Boots that were repeated because the emulator had spoilt them.
    pub repeated_boots: u64,
    /// What guests counted.
    pub counted: Vec<CountedBy>,
    /// Guests that were not booted, for which the time was too short.
    pub left_out: Vec<String>,
}

impl Tally {
    /// Counts a test that failed.
    pub fn fail(&mut self, explanation: impl Into<String>) {
        self.failures.push(explanation.into());
    }

    /// Adds another's results.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
        self.dead_guests += other.dead_guests;
        self.repeated_boots += other.repeated_boots;
        self.counted.extend(other.counted);
        self.left_out.extend(other.left_out);
    }

    /// What this means for the command's end.
    pub fn ended(&self) -> Ended {
        if self.dead_guests > 0 {
            Ended::WithDeadGuests
        } else {
            Ended::of_tests(self.failures.is_empty())
        }
    }

    /// What there is to say of a guest that was not booted.
    pub fn of_left_out(name: String) -> Self {
        Self {
            left_out: vec![name],
            ..Self::default()
        }
    }

    /// Results of a guest, in which every step of `planned` should have run.
    ///
    /// That the guest came to its end without a splat is one more test.
    pub fn of_guest(outcome: &Outcome, planned: &[&str], skips: &[ExpectedSkip]) -> Self {
        let mut tally = Self::default();
        for name in planned {
            match outcome.steps.iter().find(|step| step.name == *name) {
                Some(step) => tally.add(Self::of_step(step, skips)),
                None => tally.fail(format!("{name}: did not run")),
            }
        }
        let console = outcome.console.display();
        match &outcome.death {
            Some(death) => {
                tally.dead_guests += 1;
                tally.fail(format!("guest {death}; log: {console}"));
            }
            None if outcome.splats.is_empty() => tally.passed += 1,
            None => {}
        }
        for splat in &outcome.splats {
            tally.fail(format!(
                "kernel log: {}; {console}:{}",
                splat.text, splat.line
            ));
        }
        tally
    }

    /// Results of one program: those in its KTAP report, or one failure if it has none.
    pub fn of_step(step: &StepOutput, skips: &[ExpectedSkip]) -> Self {
        let mut tally = Self::default();
        let name = &step.name;
        let report = ktap::parse(&step.lines);
        let skip = |test: &str, reason: &str, tally: &mut Self| {
            let expected = skips.iter().any(|skip| {
                skip.program == name && test.contains(skip.test) && reason.contains(skip.reason)
            });
            if expected {
                tally.skipped += 1;
            } else {
                tally.fail(format!(
                    "{name}: {test}: skipped, should have run: {reason}"
                ));
            }
        };
        if let (Some(reason), Some(STATUS_SKIP)) = (&report.skipped, step.status) {
            skip("all", reason, &mut tally);
            return tally;
        }
        for point in &report.points {
            match &point.verdict {
                Verdict::Pass => tally.passed += 1,
                Verdict::Skip(reason) => skip(&point.name, reason, &mut tally),
                Verdict::Fail => {
                    let notes = point.notes.join("; ");
                    tally.fail(format!("{name}: {}: {notes}", point.name));
                }
            }
        }
        let problems = report.problems.iter();
        tally
            .failures
            .extend(problems.map(|problem| format!("{name}: {problem}")));
        match step.status {
            Some(0) => {}
            None => tally.fail(format!("{name}: the guest ended before it did")),
            // Whatever failed says so itself.
            Some(_) if !tally.failures.is_empty() => {}
            Some(status) => tally.fail(format!("{name}: exit status {status}, no test failed")),
        }
        tally
    }

    /// Result of a guest whose build is broken on purpose: one test, which passes if `program`
    /// noticed. Says in the second place what it noticed.
    ///
    /// A program that cannot run fails as well, but for another reason than the breakage. So it
    /// must have got far enough to pass something, unless the kernel itself went down.
    pub fn of_sabotage(outcome: &Outcome, program: &str) -> (Self, String) {
        let mut tally = Self::default();
        let noticed = noticed(outcome, program);
        match &noticed {
            Some(_) => tally.passed += 1,
            None => tally.fail(format!(
                "{program} did not notice; log: {}",
                outcome.console.display()
            )),
        }
        (tally, noticed.unwrap_or_else(|| "unnoticed".into()))
    }
}

fn noticed(outcome: &Outcome, program: &str) -> Option<String> {
    let step = outcome.steps.iter().find(|step| step.name == program)?;
    if let Some(splat) = outcome.splats.first() {
        return Some(splat.text.clone());
    }
    if let (None, Some(death)) = (step.status, &outcome.death) {
        return Some(format!("guest {death}"));
    }
    let report = ktap::parse(&step.lines);
    let passed = report
        .points
        .iter()
        .any(|point| point.verdict == Verdict::Pass);
    if passed && step.status == Some(STATUS_TIMEOUT) {
        return Some(format!("{program} hung"));
    }
    let failed = report
        .points
        .iter()
        .find(|point| point.verdict == Verdict::Fail)?;
    passed.then(|| format!("{program}: {}", failed.name))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failures.len())?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::failure::Ended;
    use crate::guest::Outcome;
    use crate::matrix::ExpectedSkip;
    use crate::splat::Splat;
    use crate::transcript::StepOutput;

    fn step(text: &str, status: Option<i32>) -> StepOutput {
        StepOutput {
            name: "lock".into(),
            lines: text.lines().map(str::to_owned).collect(),
            status,
        }
    }

    fn outcome(step: StepOutput) -> Outcome {
        Outcome {
            steps: vec![step],
            death: None,
            splats: Vec::new(),
            console: "console.log".into(),
            failed_boots: 0,
        }
    }

    const GOOD: &str = "KTAP version 1\n1..2\nok 1 a\nok 2 b\n";
    const BAD: &str = "KTAP version 1\n1..2\nok 1 a\nnot ok 2 b\n";
    const SKIPPED: &str = "KTAP version 1\n1..1\nok 1 nmi # SKIP no NMI here\n";

    #[test]
    fn a_good_guest_adds_one_test_for_its_log() {
        let tally = Tally::of_guest(&outcome(step(GOOD, Some(0))), &["lock"], &[]);
        assert_eq!(tally.to_string(), "3 passed, 0 failed");
    }

    #[test]
    fn guests_left_out_are_named_and_neither_pass_nor_fail() {
        let mut tally = Tally::of_guest(&outcome(step(GOOD, Some(0))), &["lock"], &[]);
        tally.add(Tally::of_left_out("7.2-live".into()));
        tally.add(Tally::of_left_out("7.2-flip".into()));
        assert_eq!(tally.left_out, ["7.2-live", "7.2-flip"]);
        assert_eq!(tally.to_string(), "3 passed, 0 failed");
    }

    #[test]
    fn a_splat_fails_whatever_the_tests_said() {
        let mut outcome = outcome(step(GOOD, Some(0)));
        outcome.splats.push(Splat {
            line: 7,
            text: "WARNING: lock.rs:3".into(),
        });
        let tally = Tally::of_guest(&outcome, &["lock"], &[]);
        assert_eq!(tally.to_string(), "2 passed, 1 failed");
        assert!(tally.failures[0].contains("console.log:7"));
    }

    #[test]
    fn a_death_a_missing_step_and_a_lying_status_fail() {
        let mut dead = outcome(step("KTAP version 1\n1..2\nok 1 a\n", None));
        dead.death = Some("hung".into());
        let tally = Tally::of_guest(&dead, &["lock", "work"], &[]);
        assert_eq!((tally.passed, tally.failures.len()), (1, 4));
        assert_eq!(tally.ended(), Ended::WithDeadGuests);
        let lie = Tally::of_step(&step(GOOD, Some(1)), &[]);
        assert_eq!(lie.failures, ["lock: exit status 1, no test failed"]);
        assert_eq!(Tally::of_step(&step(BAD, Some(1)), &[]).failures.len(), 1);
        assert_eq!(
            Tally::of_step(&step("", Some(0)), &[]).failures,
            ["lock: no plan"]
        );
    }

    #[test]
    fn only_an_expected_skip_is_none_to_worry_about() {
        let expected = [ExpectedSkip {
            program: "lock",
            test: "nmi",
            reason: "no NMI",
        }];
        let known = Tally::of_step(&step(SKIPPED, Some(0)), &expected);
        assert_eq!(known.to_string(), "0 passed, 0 failed, 1 skipped");
        assert_eq!(
            Tally::of_step(&step(SKIPPED, Some(0)), &[]).failures.len(),
            1
        );
        let whole = step("KTAP version 1\n1..0 # SKIP no NMI at all\n", Some(4));
        assert_eq!(Tally::of_step(&whole, &expected).failures.len(), 1);
    }

    #[test]
    fn a_sabotage_must_be_noticed() {
        let noticed = |text: &str, status, death: Option<&str>| {
            let mut outcome = outcome(step(text, status));
            outcome.death = death.map(str::to_owned);
            let (tally, _) = Tally::of_sabotage(&outcome, "lock");
            tally.failures.is_empty()
        };
        assert!(noticed(BAD, Some(1), None));
        assert!(noticed(
            "KTAP version 1\n1..2\nok 1 a\n",
            None,
            Some("hung")
        ));
        assert!(noticed("KTAP version 1\n1..2\nok 1 a\n", Some(124), None));
        assert!(!noticed(GOOD, Some(0), None));
        assert!(!noticed(SKIPPED, Some(0), None));
        // It could not run at all, which is no notice.
        assert!(!noticed("", Some(127), None));
        assert!(!noticed(
            "KTAP version 1\n1..1\nnot ok 1 load\n",
            Some(1),
            None
        ));
        let (tally, _) = Tally::of_sabotage(&outcome(step(BAD, Some(1))), "work");
        assert_eq!(tally.failures.len(), 1);
    }
}
