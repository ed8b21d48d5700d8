// SPDX-License-Identifier: GPL-2.0

//! All subjects, one after the other.

use super::{Missing, Subject, remark};
use crate::{environment, ktap::Trouble};
use fastrand::Rng;

/// Has `measure` look at each subject that is wanted, which is `all` if the caller does not say. Their order
/// is determined by the caller's seed, if there is one: what drifts while they are measured, as a machine
/// does that gets warm, is not to be taken for the difference between them. One that can't be brought about
/// is missing, and the others are measured nevertheless.
pub fn each_subject(
    all: &[Subject],
    mut measure: impl FnMut(Subject, &mut Missing),
) -> Result<Missing, Trouble> {
    let mut missing = Missing::default();
    let mut subjects = Subject::wanted(all)?;

    if let Some(seed) = environment::seed() {
        remark(format_args!("PWLOCKS_SEED={seed} is the order's"));
        shuffle(&mut subjects, seed);
    }
    for subject in subjects {
        match subject.apply() {
            Ok(applied) => {
                measure(subject, &mut missing);
                applied.end()?;
            }
            Err(trouble) => missing.note(subject, Err(trouble)),
        }
    }
    Ok(missing)
}

fn shuffle<T>(subjects: &mut [T], seed: u64) {
    Rng::with_seed(seed).shuffle(subjects);
}

#[cfg(test)]
mod tests {
    use super::shuffle;

    #[test]
    fn each_of_three_comes_first_for_one_of_the_first_five_seeds() {
        let first = |seed| {
            let mut subjects = [0, 1, 2];
            shuffle(&mut subjects, seed);
            subjects[0]
        };
        let first: Vec<_> = (1..=5).map(first).collect();
        assert!((0..3).all(|one| first.contains(&one)), "{first:?}");
    }
}
