// SPDX-License-Identifier: GPL-2.0

//! What became of the inputs.

use crate::subject::Subject;
use selftests::{ensure, ktap::Verdict};
use std::{collections::BTreeMap, fmt, time::Duration};

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

/// How many there were of each kind, by subject, and how long those took.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    kinds: BTreeMap<Subject, BTreeMap<String, Count>>,
    took: BTreeMap<Subject, Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    accepted: u64,
    refused: u64,
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            refused: self.refused + other.refused,
        }
    }
}

impl Tally {
    /// Counts one more.
    pub(crate) fn add(&mut self, subject: Subject, kind: &str, fate: Fate) {
        let kinds = self.kinds.entry(subject).or_default();
        let new = match fate {
            Fate::Accepted => Count {
                accepted: 1,
                refused: 0,
            },
            Fate::Refused => Count {
                accepted: 0,
                refused: 1,
            },
        };
        let count = match kinds.get_mut(kind) {
            Some(count) => count,
            None => kinds.entry(kind.to_owned()).or_default(),
        };

        *count = count.and(new);
    }

    /// Notes how long an episode took.
    pub(crate) fn add_time(&mut self, subject: Subject, took: Duration) {
        *self.took.entry(subject).or_default() += took;
    }

    fn of(&self, subject: Subject) -> Count {
        let kinds = self.kinds.get(&subject).into_iter().flatten();

        kinds.fold(Count::default(), |all, (_, count)| all.and(*count))
    }

    /// All inputs.
    pub(crate) fn inputs(&self) -> u64 {
        let all = Subject::ALL.map(|subject| self.of(subject));

        all.iter().map(|count| count.accepted + count.refused).sum()
    }

    /// There were some of either fate for every subject.
    pub(crate) fn check(&self) -> Verdict {
        for subject in Subject::ALL {
            let Count { accepted, refused } = self.of(subject);
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
        for (subject, kinds) in &self.kinds {
            for (kind, Count { accepted, refused }) in kinds {
                writeln!(f, "{subject:?}, {kind}: {accepted}, {refused}")?;
            }
        }
        for (&subject, took) in &self.took {
            let Count { accepted, refused } = self.of(subject);
            let took = took.as_secs_f64();
            writeln!(f, "{subject:?}: {accepted}, {refused} in {took:.1} s")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, Tally};
    use crate::subject::Subject;
    use std::time::Duration;

    #[test]
    fn what_there_was_of_each_is_said() {
        let mut tally = Tally::default();
        for (kind, fate) in [("x", Fate::Refused), ("y", Fate::Accepted)] {
            tally.add(Subject::File, kind, fate);
            tally.add_time(Subject::File, Duration::from_millis(200));
        }
        assert_eq!(
            tally.to_string(),
            "2 inputs; accepted, refused:\nFile, x: 0, 1\nFile, y: 1, 0\nFile: 1, 1 in 0.4 s\n"
        );
    }

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
