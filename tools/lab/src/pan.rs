// SPDX-License-Identifier: GPL-2.0

//! What spin's verifier, pan, says of a search.

use std::fmt;

/// What a search came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All that can be reached was looked at, and nothing was wrong.
    Holds(States),
    /// A way was found to where something is wrong.
    Found(Finding, States),
    /// The search ended for want of something, so that it says nothing. Why.
    Unfinished(String),
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct States {
    /// States that were kept.
    pub stored: u64,
    /// Steps of the longest way.
    pub depth: u64,
}

/// What was found to be wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finding {
    /// The assertion of the property with this number, see property.pml.
    Property(u32),
    /// An assertion that says nothing of a property.
    Assertion,
    /// Somebody waits for what never comes.
    Stuck,
    /// A way round and round on which nobody gets on.
    Cycle,
}

impl Outcome {
    /// Reads what pan printed.
    pub fn parse(output: &str) -> Self {
        let complaint = output
            .lines()
            .find(|line| line.starts_with("error: ") || line.starts_with("pan: reached"));
        if let Some(complaint) = complaint {
            return Self::Unfinished(complaint.to_owned());
        }
        let (Some(states), Some(errors)) = (states(output), errors(output)) else {
            return Self::Unfinished("pan came to no end".to_owned());
        };
        let finding = output
            .lines()
            .find_map(|line| line.strip_prefix("pan:1: "))
            .and_then(finding);
        match finding {
            Some(finding) if errors > 0 => Self::Found(finding, states),
            None if errors == 0 && !output.contains("Search not completed") => Self::Holds(states),
            _ => Self::Unfinished(format!(
                "pan counts {errors} errors, and does not say which"
            )),
        }
    }
}

fn states(output: &str) -> Option<States> {
    let stored = output
        .lines()
        .find_map(|line| line.split_once(" states, stored"))?;
    let depth = output.split_once("depth reached ")?.1.split_once(',')?;
    Some(States {
        stored: stored.0.trim().parse().ok()?,
        depth: depth.0.parse().ok()?,
    })
}

fn errors(output: &str) -> Option<u64> {
    let (_, rest) = output.split_once(", errors: ")?;
    rest.lines().next()?.trim().parse().ok()
}

fn finding(text: &str) -> Option<Finding> {
    if text.starts_with("invalid end state") {
        Some(Finding::Stuck)
    } else if text.starts_with("non-progress cycle") {
        Some(Finding::Cycle)
    } else {
        let assertion = text.strip_prefix("assertion violated ")?;
        Some(property(assertion).map_or(Finding::Assertion, Finding::Property))
    }
}

/// The number that must() of property.pml has an assertion begin with: `((3==0)||…` or `((3!=3)||…`.
fn property(assertion: &str) -> Option<u32> {
    let digits = assertion.strip_prefix("((")?;
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = digits.split_at(end);
    (rest.starts_with("==") || rest.starts_with("!="))
        .then(|| number.parse().ok())
        .flatten()
}

impl fmt::Display for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} steps deep", self.stored, self.depth)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(number) => write!(f, "property {number} violated"),
            Self::Assertion => write!(f, "an assertion violated"),
            Self::Stuck => write!(f, "somebody waits for ever"),
            Self::Cycle => write!(f, "a cycle in which nobody gets on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Outcome, States};

    const VERIFIED: &str = include_str!("../testdata/pan-verified.log");

    #[test]
    fn a_whole_search_without_errors_holds() {
        let states = States {
            stored: 80741,
            depth: 114,
        };
        assert_eq!(Outcome::parse(VERIFIED), Outcome::Holds(states));
    }

    #[test]
    fn what_was_found_is_told_apart() {
        for (output, expected) in [
            (
                include_str!("../testdata/pan-violated.log"),
                Finding::Property(1),
            ),
            (include_str!("../testdata/pan-stuck.log"), Finding::Stuck),
            (include_str!("../testdata/pan-cycle.log"), Finding::Cycle),
        ] {
            let Outcome::Found(finding, _) = Outcome::parse(output) else {
                panic!("{output}");
            };
            assert_eq!(finding, expected);
        }
    }

    #[test]
    fn a_search_that_hit_a_limit_says_nothing() {
        for (output, cause) in [
            (
                include_str!("../testdata/pan-depth.log"),
                "error: max search depth too small",
            ),
            (
                include_str!("../testdata/pan-memory.log"),
                "pan: reached -DMEMLIM bound",
            ),
        ] {
            // Either counts no errors.
            assert!(output.contains("errors: 0"));
            assert_eq!(Outcome::parse(output), Outcome::Unfinished(cause.into()));
        }
    }

    #[test]
    fn a_search_that_was_cut_off_says_nothing() {
        let (before, _) = VERIFIED.split_once("State-vector").unwrap();
        for output in ["", before] {
            assert!(matches!(Outcome::parse(output), Outcome::Unfinished(_)));
        }
        let unknown = VERIFIED.replace("errors: 0", "errors: 1");
        assert!(matches!(Outcome::parse(&unknown), Outcome::Unfinished(_)));
    }
}
