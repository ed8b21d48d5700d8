// SPDX-License-Identifier: GPL-2.0

//! Which episode comes next.

use crate::{coverage::Coverage, seed::Seed, source::Source, subject::Subject};
use fastrand::Rng;
use selftests::random;

/// Seeds of episodes that were the first to run some code of the modules', and that code.
pub(crate) struct Corpus {
    reached: Coverage,
    seeds: Vec<Seed>,
    rng: Rng,
    fresh: u64,
}

impl Corpus {
    /// Without any. What it chooses follows from `seed`, which is its first choice.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            reached: Coverage::default(),
            seeds: Vec::new(),
            rng: random::source(seed, 1),
            fresh: seed,
        }
    }

    /// The next one: half of them new, half like one that got somewhere first, up to some input.
    pub(crate) fn next(&mut self) -> Seed {
        if self.seeds.is_empty() || self.rng.bool() {
            self.fresh += 1;
            return Seed::new(self.fresh - 1);
        }
        let seed = &self.seeds[self.rng.usize(..self.seeds.len())];
        let inputs = Subject::choose(&mut Source::new(seed)).inputs();

        seed.with(self.rng.u64(1..inputs), self.rng.u64(..1_000_000_000))
    }

    /// Takes in what the episode of `seed` has run, and says how much of it is new.
    pub(crate) fn note(&mut self, seed: &Seed, ran: &Coverage) -> usize {
        let new = self.reached.extend(ran);

        if new > 0 {
            self.seeds.push(seed.clone());
        }
        new
    }

    /// How many places were reached, and how many seeds were the first to reach one.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.reached.len(), self.seeds.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Corpus;
    use crate::{
        coverage::{Coverage, Loaded},
        seed::Seed,
    };

    fn coverage(addresses: &[u64]) -> Coverage {
        let module = Loaded {
            name: "pwlocks",
            text: 0x1000,
            size: 0x9000,
        };
        Coverage::of(&[module], addresses.iter().copied())
    }

    #[test]
    fn what_reaches_something_new_is_kept() {
        let mut corpus = Corpus::new(7);
        let seed = corpus.next();
        assert_eq!(seed, Seed::new(7));
        assert_eq!(corpus.note(&seed, &coverage(&[0x1100, 0x1200])), 2);
        assert_eq!(corpus.note(&Seed::new(8), &coverage(&[0x1200])), 0);
        assert_eq!(corpus.note(&Seed::new(9), &coverage(&[0x1200, 0x1300])), 1);
        assert_eq!(corpus.size(), (3, 2));
    }

    #[test]
    fn the_next_ones_are_new_or_begin_like_those_kept() {
        let mut corpus = Corpus::new(1);
        corpus.note(&Seed::new(500), &coverage(&[0x1100]));
        let next: Vec<_> = (0..40).map(|_| corpus.next().to_string()).collect();
        let alike = next.iter().filter(|seed| seed.starts_with("500,")).count();
        assert!((8..32).contains(&alike), "{next:?}");
        let mut fresh = next.iter().filter(|seed| !seed.contains(','));
        assert!(fresh.clone().count() > 7);
        assert_eq!(fresh.next().map(String::as_str), Some("1"));
        assert_eq!(fresh.next().map(String::as_str), Some("2"));
    }

    #[test]
    fn without_coverage_all_are_new() {
        let mut corpus = Corpus::new(3);
        let next: Vec<_> = (0..4).map(|_| corpus.next()).collect();
        assert_eq!(next, [3, 4, 5, 6].map(Seed::new));
    }
}
