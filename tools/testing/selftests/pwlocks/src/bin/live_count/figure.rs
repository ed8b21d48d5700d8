// SPDX-License-Identifier: GPL-2.0

//! The cost of an operation: the least that several of many rounds agree on.

use crate::operation::{Cost, Operation};
use selftests::{ktap::Trouble, live::Disk};
use std::fmt;

/// How often a figure must have been seen, to within [`SAME`]: more often than what a few rounds do less than
/// the others. A read of a file takes seven instructions less if a second of the clock's began since the
/// write, as times are compared by their seconds first: so it is in one round of dozens.
const AGREE: usize = 8;

/// Instructions that two rounds of the same may differ by, each operation's share.
const SAME: f64 = 2.0;

/// Rounds that are made in any case: the kernel has phases in which all rounds cost some more.
const AT_LEAST: usize = 60;

/// Rounds after which a figure that does not settle is given up. The kernel's threads disturb the
/// first seconds after boot, and timers any time.
const ROUNDS: usize = 200;

/// What an operation takes, if its rounds agree.
pub struct Figure(Option<Cost>);

impl Figure {
    /// Repeats an operation's rounds until their least cost has been seen several times.
    pub fn of(operation: &Operation, disk: &Disk) -> Result<Self, Trouble> {
        let mut rounds = Vec::new();

        // Said before, so that this program is not taken for hanging.
        println!("# counting {}", operation.name);
        operation.prepare()?;
        for _ in 0..ROUNDS {
            rounds.push(operation.round(disk)?);
            if let Some(least) = settled(&rounds) {
                return Ok(Self(Some(least)));
            }
        }
        Ok(Self(None))
    }

    /// What has not been measured.
    pub fn none() -> Self {
        Self(None)
    }

    /// Takes `other` for it if that is less, or this is no figure.
    pub fn or_less(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some(ours), Some(theirs)) => Some(less(ours, theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }

    /// How many of its instructions are atomic: those of the very round that it is made of.
    pub fn atomics(&self) -> Option<f64> {
        self.0?.atomics
    }

    /// [`Self::atomics`], where they must be known.
    pub fn counted(&self) -> Result<f64, Trouble> {
        self.settled()?;
        self.atomics()
            .ok_or_else(|| Trouble::skip("the emulator has no plugin that counts"))
    }

    /// The figure, in instructions; an error if it did not settle.
    pub fn settled(&self) -> Result<f64, Trouble> {
        self.0
            .map(|cost| cost.instructions)
            .ok_or_else(|| Trouble::fail(format!("did not settle in {ROUNDS} rounds")))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(cost) => write!(f, "{:.1}", cost.instructions),
            None => f.write_str("unsettled"),
        }
    }
}

/// That of two which has less instructions.
fn less(one: Cost, other: Cost) -> Cost {
    if other.instructions < one.instructions {
        other
    } else {
        one
    }
}

/// The least cost that enough of `rounds` agree on. A round that took less than all others did not do
/// the same.
fn settled(rounds: &[Cost]) -> Option<Cost> {
    if rounds.len() < AT_LEAST {
        return None;
    }
    let mut sorted = rounds.to_vec();

    sorted.sort_by(|one, other| one.instructions.total_cmp(&other.instructions));
    sorted
        .windows(AGREE)
        .find(|agreeing| agreeing[AGREE - 1].instructions - agreeing[0].instructions <= SAME)
        .map(|agreeing| agreeing[0])
}

#[cfg(test)]
mod tests {
    use super::{Cost, Figure, settled};

    fn cost(instructions: f64) -> Cost {
        Cost {
            instructions,
            atomics: None,
        }
    }

    #[test]
    fn the_least_must_have_been_seen_several_times() {
        let mut rounds = vec![cost(99.0); 60];

        assert_eq!(settled(&rounds), Some(cost(99.0)));
        rounds.push(cost(7.0));
        assert_eq!(settled(&rounds), Some(cost(99.0)));
        rounds.extend([cost(7.3); 3]);
        assert_eq!(settled(&rounds), Some(cost(99.0)));
        rounds.extend([cost(7.3); 4]);
        assert_eq!(settled(&rounds), Some(cost(7.0)));
    }

    #[test]
    fn the_less_of_two_figures_is_kept() {
        let mut figure = Figure::none();

        figure.or_less(Figure(None));
        assert!(figure.settled().is_err());
        for (other, less) in [
            (Some(9.0), 9.0),
            (None, 9.0),
            (Some(11.0), 9.0),
            (Some(7.0), 7.0),
        ] {
            figure.or_less(Figure(other.map(cost)));
            assert_eq!(figure.settled(), Ok(less));
        }
    }

    #[test]
    fn the_atomic_instructions_are_of_the_same_round() {
        let round = |instructions, atomics| Cost {
            instructions,
            atomics: Some(atomics),
        };
        let mut rounds = vec![round(90.0, 1.0); 60];
        rounds.extend([round(80.0, 4.0), round(81.0, 3.0)]);
        rounds.extend([round(81.0, 2.0); 6]);
        let mut figure = Figure(settled(&rounds));

        assert_eq!(figure.atomics(), Some(4.0));
        figure.or_less(Figure(Some(round(85.0, 2.0))));
        assert_eq!(figure.atomics(), Some(4.0));
        figure.or_less(Figure(Some(round(79.0, 5.0))));
        assert_eq!(figure.atomics(), Some(5.0));
    }

    #[test]
    fn what_no_rounds_agree_on_is_no_figure() {
        let rounds: Vec<_> = (0..100).map(|n| cost(f64::from(n) * 10.0)).collect();
        assert_eq!(settled(&rounds), None);
    }

    #[test]
    fn a_few_rounds_are_too_few() {
        assert_eq!(settled(&[]), None);
        assert_eq!(settled(&[cost(1.0); 6]), None);
    }
}
