// SPDX-License-Identifier: GPL-2.0

//! What became of the inputs.

use crate::subject::Subject;
use selftests::{ensure, ktap::Verdict};
use std::{collections::BTreeMap, fmt};

/// Whether an input was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Refused,
}

impl Fate {
    /// That of an input that was answered by `result`.
    pub(crate) fn of<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Accepted,
            Err(_) => Self::Refused,
        }
    }
}

/// How many there were of each kind, by subject.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<(Subject, String), Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    accepted: u64,
    refused: u64,
}

impl Tally {
    /// Counts one more.
    pub(crate) fn add(&mut self, subject: Subject, kind: &str, fate: Fate) {
        let count = self.0.entry((subject, kind.to_owned())).or_default();

        match fate {
            Fate::Accepted => count.accepted += 1,
            Fate::Refused => count.refused += 1,
        }
    }

    /// All inputs.
    pub(crate) fn inputs(&self) -> u64 {
        let counts = self.0.values();

        counts.map(|count| count.accepted + count.refused).sum()
    }

    /// There were some of either fate for every subject.
    pub(crate) fn check(&self) -> Verdict {
        for subject in Subject::ALL {
            let of_it = self.0.iter().filter(|((of, _), _)| *of == subject);
            let (accepted, refused) = of_it.fold((0, 0), |(accepted, refused), (_, count)| {
                (accepted + count.accepted, refused + count.refused)
            });
            ensure!(
                accepted > 0 && refused > 0,
                "{subject:?}: {accepted} were accepted, {refused} refused"
            );
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} inputs; accepted, refused:", self.inputs())?;
        for ((subject, kind), count) in &self.0 {
            let Count { accepted, refused } = count;
            writeln!(f, "{subject:?}, {kind}: {accepted}, {refused}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, Tally};
    use crate::subject::Subject;

    #[test]
    fn both_fates_of_all_subjects() {
        let mut tally = Tally::default();
        for subject in Subject::ALL {
            tally.add(subject, "x", Fate::of(&Ok::<_, ()>(())));
            assert!(tally.check().is_err());
            tally.add(subject, "y", Fate::Refused);
        }
        assert_eq!(tally.check(), Ok(()));
        assert_eq!(tally.inputs(), 8);
    }
}
