// SPDX-License-Identifier: GPL-2.0

//! Which episode comes next.

use crate::{coverage::Coverage, seed::Seed, source::Source, subject::Subject};
use fastrand::Rng;
use selftests::random;

/// Seeds of episodes that were the first to run some code of the modules', and that code.
pub(crate) struct Corpus {
    reached: Coverage,
    seeds: Vec<(Subject, Seed)>,
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

    /// The next one: half of them new, half like one that got somewhere first, up to some input. Of
    /// each subject there are as many among either half, however many of its seeds got somewhere.
    pub(crate) fn next(&mut self) -> Seed {
        if self.rng.bool() {
            return self.new_seed();
        }
        let subject = Subject::choose(&mut self.rng);
        let alike = self.seeds.iter().filter(|(of, _)| *of == subject);
        let Some((_, seed)) = self.rng.choice(alike.collect::<Vec<_>>()) else {
            return self.new_seed();
        };

        seed.with(
            self.rng.u64(1..subject.inputs()),
            self.rng.u64(..1_000_000_000),
        )
    }

    fn new_seed(&mut self) -> Seed {
        self.fresh += 1;
        Seed::new(self.fresh - 1)
    }

    /// Takes in what the episode of `seed` has run, and says how much of it is new.
    pub(crate) fn note(&mut self, seed: &Seed, ran: &Coverage) -> usize {
        let new = self.reached.extend(ran);

        if new > 0 {
            let subject = Subject::choose(&mut Source::new(seed));
            self.seeds.push((subject, seed.clone()));
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
        source::Source,
        subject::Subject,
    };

    fn coverage(addresses: &[u64]) -> Coverage {
        let module = Loaded {
            name: "pwlocks",
            text: 0x1000,
            size: 0x9000,
        };
        Coverage::of(&[module], addresses.iter().copied())
    }

    fn subject(seed: &Seed) -> Subject {
        Subject::choose(&mut Source::new(seed))
    }

    /// The first seed of that subject.
    fn of(wanted: Subject) -> Seed {
        let mut seeds = (0..).map(Seed::new);
        seeds.find(|seed| subject(seed) == wanted).unwrap()
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
        let kept = of(Subject::Ioctl);
        corpus.note(&kept, &coverage(&[0x1100]));
        let next: Vec<_> = (0..40).map(|_| corpus.next().to_string()).collect();
        let start = format!("{kept},");
        let alike = next.iter().filter(|seed| seed.starts_with(&start)).count();
        assert!((8..32).contains(&alike), "{next:?}");
        let mut fresh = next.iter().filter(|seed| !seed.contains(','));
        assert!(fresh.clone().count() > 7);
        assert_eq!(fresh.next().map(String::as_str), Some("1"));
        assert_eq!(fresh.next().map(String::as_str), Some("2"));
    }

    #[test]
    fn a_subject_that_got_somewhere_often_is_not_chosen_more_often() {
        let mut corpus = Corpus::new(1);
        for (nth, address) in (0x1100..0x1200).enumerate() {
            let seed = of(Subject::Parameter).with(1 + nth as u64, 7);
            assert_eq!(corpus.note(&seed, &coverage(&[address])), 1);
        }
        let parameter = (0..2000)
            .filter(|_| subject(&corpus.next()) == Subject::Parameter)
            .count();
        let chosen = (0..2000)
            .filter(|&seed| subject(&Seed::new(seed)) == Subject::Parameter)
            .count();
        assert!(parameter < 2 * chosen, "{parameter} and not {chosen}");
    }

    #[test]
    fn without_coverage_all_are_new() {
        let mut corpus = Corpus::new(3);
        let next: Vec<_> = (0..4).map(|_| corpus.next()).collect();
        assert_eq!(next, [3, 4, 5, 6].map(Seed::new));
    }
}
