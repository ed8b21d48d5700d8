// SPDX-License-Identifier: GPL-2.0

//! The random numbers of an episode.

use crate::seed::Seed;
use fastrand::Rng;
use selftests::random;
use std::ops::{Deref, DerefMut};

/// The numbers that follow from a seed.
pub(crate) struct Source {
    rng: Rng,
    seed: Seed,
}

impl Source {
    pub(crate) fn new(seed: &Seed) -> Self {
        Self {
            rng: random::source(seed.first(), 0),
            seed: seed.clone(),
        }
    }

    /// Goes before each input, with its number in the episode.
    pub(crate) fn begin(&mut self, number: u64) {
        if let Some(seed) = self.seed.from(number) {
            self.rng = random::source(seed, 0);
        }
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
        assert_eq!(other[3..], numbers(&Seed::new(5))[..3]);
        assert_ne!(plain[3..], other[3..]);
    }
}
