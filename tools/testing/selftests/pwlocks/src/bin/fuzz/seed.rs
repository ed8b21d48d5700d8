// SPDX-License-Identifier: GPL-2.0

//! What an episode is made of again.

use std::{fmt, num::ParseIntError, str::FromStr};

/// The seed of an episode's random numbers, and others that take over later in it: `17`, or
/// `17,40:99`, which goes on with 99 from input 40 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    first: u64,
    /// From which input on, in ascending order, and with which seed.
    later: Vec<(u64, u64)>,
}

impl Seed {
    /// One that is the same to the end.
    pub(crate) fn new(first: u64) -> Self {
        Self {
            first,
            later: Vec::new(),
        }
    }

    /// What it begins with, which decides what the episode is about.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// What takes over with the input `number`, if something does.
    pub(crate) fn from(&self, number: u64) -> Option<u64> {
        let later = self.later.iter().find(|(from, _)| *from == number);

        later.map(|(_, seed)| *seed)
    }

    /// The same as far as the input `number`, and `seed` from there on.
    pub(crate) fn with(&self, number: u64, seed: u64) -> Self {
        let kept = self
            .later
            .iter()
            .copied()
            .filter(|(from, _)| *from < number);

        Self {
            first: self.first,
            later: kept.chain([(number, seed)]).collect(),
        }
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        for (from, seed) in &self.later {
            write!(f, ",{from}:{seed}")?;
        }
        Ok(())
    }
}

/// Why a text is no seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoSeed;

impl From<ParseIntError> for NoSeed {
    fn from(_error: ParseIntError) -> Self {
        Self
    }
}

impl FromStr for Seed {
    type Err = NoSeed;

    fn from_str(text: &str) -> Result<Self, NoSeed> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default().parse()?;
        let mut later: Vec<(u64, u64)> = Vec::new();

        for part in parts {
            let (from, seed) = part.split_once(':').ok_or(NoSeed)?;
            let from = from.parse()?;
            if later.last().is_some_and(|(before, _)| *before >= from) {
                return Err(NoSeed);
            }
            later.push((from, seed.parse()?));
        }
        Ok(Self { first, later })
    }
}

#[cfg(test)]
mod tests {
    use super::{NoSeed, Seed};

    #[test]
    fn a_seed_is_the_same_when_it_was_written_down() {
        for text in ["17", "17,40:99", "0,1:2,40:3"] {
            assert_eq!(text.parse::<Seed>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "x",
            "17,",
            "17,40",
            "17,40:x",
            "17,40:1,40:2",
            "17,9:1,3:2",
        ] {
            assert_eq!(text.parse::<Seed>(), Err(NoSeed), "{text}");
        }
    }

    #[test]
    fn what_took_over_later_is_gone_when_another_takes_over_before() {
        let seed = Seed::new(17).with(40, 99).with(60, 7);
        assert_eq!(seed.to_string(), "17,40:99,60:7");
        assert_eq!((seed.from(40), seed.from(41)), (Some(99), None));
        assert_eq!(seed.with(50, 1).to_string(), "17,40:99,50:1");
        assert_eq!(seed.with(40, 1).to_string(), "17,40:1");
    }
}
