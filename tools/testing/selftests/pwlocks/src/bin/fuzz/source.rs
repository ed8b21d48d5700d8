// SPDX-License-Identifier: GPL-2.0

//! The random numbers of an episode.

use crate::seed::Seed;
use fastrand::Rng;
use selftests::random;
use std::ops::{Deref, DerefMut};

/// The numbers that follow from a seed.
///
/// Those of an input follow from its own number as well, and not from how many were taken before: that
/// may depend on the length of a file, which tells of what others have done.
pub(crate) struct Source {
    rng: Rng,
    seed: Seed,
    /// What is in force of the seed.
    current: u64,
}

impl Source {
    pub(crate) fn new(seed: &Seed) -> Self {
        Self {
            rng: random::source(seed.first(), 0),
            seed: seed.clone(),
            current: seed.first(),
        }
    }

    /// Goes before each input, with its number in the episode.
    pub(crate) fn begin(&mut self, number: u64) {
        if let Some(seed) = self.seed.from(number) {
            self.current = seed;
        }
        self.rng = random::source(self.current, number + 1);
    }
}

impl Deref for Source {
    type Target = Rng;

    fn deref(&self) -> &Rng {
        &self.rng
    }
}

impl DerefMut for Source {
    fn deref_mut(&mut self) -> &mut Rng {
        &mut self.rng
    }
}

#[cfg(test)]
mod tests {
    use super::Source;
    use crate::seed::Seed;

    fn numbers(seed: &Seed) -> Vec<u64> {
        let mut source = Source::new(seed);
        let number = |number| {
            source.begin(number);
            source.u64(..)
        };
        (0..6).map(number).collect()
    }

    #[test]
    fn another_seed_changes_what_comes_after_it() {
        let plain = numbers(&Seed::new(17));
        let other = numbers(&Seed::new(17).with(3, 5));
        assert_eq!(plain[..3], other[..3]);
        assert_eq!(other[3..], numbers(&Seed::new(5))[3..]);
        assert_ne!(plain[3..], other[3..]);
    }

    #[test]
    fn it_does_not_matter_how_many_an_input_takes() {
        let mut source = Source::new(&Seed::new(17));
        let taken = (0..6).map(|number| {
            source.begin(number);
            let first = source.u64(..);
            for _ in 0..number {
                source.u64(..);
            }
            first
        });
        assert_eq!(taken.collect::<Vec<_>>(), numbers(&Seed::new(17)));
    }
}
