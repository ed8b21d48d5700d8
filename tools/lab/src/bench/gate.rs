// SPDX-License-Identifier: GPL-2.0

//! The part of `make check` that lets no counted figure grow.

use crate::bench::baseline::{self, Baseline};
use crate::bench::counted::{self, Figures};
use crate::bench::task;
use crate::check::Job;
use crate::failure::Result;
use crate::guest::Outcome;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::tally::Tally;

/// What a guest counted.
#[derive(Debug)]
pub struct CountedBy {
    /// Its kernel's release.
    release: String,
    /// The figures.
    figures: Figures,
}

/// The figures of a guest of `make check`, if it is one of those that count.
///
/// Output that cannot be read has no figures, which [`run`] then misses.
pub fn counted(job: &Job<'_>, outcome: &Outcome) -> Option<CountedBy> {
    let counts = baseline::GUESTS.contains(&job.spec.name.as_str());
    counts.then(|| CountedBy {
        release: job.kernel.release.name.clone(),
        figures: task::rows(&outcome.steps)
            .map(|rows| counted::figures(&rows))
            .unwrap_or_default(),
    })
}

/// Holds what guests of `kernels` counted against the baseline, one test per figure, and writes down
/// what a new baseline would be.
pub fn run(lab: &Lab, kernels: &[Prepared], counted: &[CountedBy]) -> Result<Tally> {
    let mut tally = Tally::default();
    let before = Baseline::read(lab.project.folder())?;
    let mut after = before.clone();
    for kernel in kernels {
        let release = &kernel.release.name;
        let figures = of(release, counted);
        match before.compare(release, &figures) {
            Some(results) => tally.add(results),
            None => lab.ui.say(&format!(
                "{}: no figures for {release}, so what it counted is held against nothing",
                baseline::FILE
            )),
        }
        after = after.with(release, &figures);
    }
    if !tally.failures.is_empty() {
        let file = after.write(&lab.project.build().join("bench"))?;
        lab.ui.say(&format!(
            "what {} would be with the figures of this run: {}",
            baseline::FILE,
            file.display()
        ));
    }
    Ok(tally)
}

/// All figures of `release`.
fn of(release: &str, counted: &[CountedBy]) -> Figures {
    let of_release = counted.iter().filter(|guest| guest.release == release);
    of_release.flat_map(|guest| guest.figures.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{CountedBy, of};
    use crate::bench::counted::Counted;

    #[test]
    fn the_figures_of_a_kernels_guests_are_put_together() {
        let guest = |release: &str, name: &str| CountedBy {
            release: release.to_owned(),
            figures: [(name.to_owned(), Counted::whole(1.0))].into(),
        };
        let all = [guest("a", "one"), guest("b", "two"), guest("a", "three")];
        let names: Vec<_> = of("a", &all).into_keys().collect();
        assert_eq!(names, ["one", "three"]);
        assert!(of("c", &all).is_empty());
    }
}
