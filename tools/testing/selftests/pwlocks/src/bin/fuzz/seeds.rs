// SPDX-License-Identifier: GPL-2.0

//! The seeds that are kept.

use crate::seed::Seed;

const FILE: &str = include_str!("seeds.txt");

/// All of them, a line each; what comes after a `#` is for the reader.
pub(crate) fn kept() -> impl Iterator<Item = Seed> {
    // The tests see that every line has one.
    FILE.lines().filter_map(|line| seed(line)?.parse().ok())
}

fn seed(line: &str) -> Option<&str> {
    let seed = line.split('#').next()?.trim();

    (!seed.is_empty()).then_some(seed)
}

#[cfg(test)]
mod tests {
    use super::{FILE, kept, seed};
    use crate::{source::Source, subject::Subject};
    use std::collections::BTreeSet;

    #[test]
    fn every_line_is_a_seed() {
        let lines = FILE.lines().filter(|line| seed(line).is_some()).count();
        assert_eq!(lines, kept().count());
    }

    #[test]
    fn between_them_they_are_about_everything() {
        let subjects: BTreeSet<_> = kept()
            .map(|seed| Subject::choose(&mut Source::new(&seed)))
            .collect();
        assert_eq!(subjects, BTreeSet::from(Subject::ALL));
    }
}
