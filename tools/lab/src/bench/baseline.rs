// SPDX-License-Identifier: GPL-2.0

//! Counted figures of before, which new ones may not exceed: bench/baseline.json.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bench::counted::{Counted, Figures};
use crate::failure::{During, Failure, Result};
use crate::tally::Tally;

/// The file, in the project's folder.
pub const FILE: &str = "bench/baseline.json";

/// By which share of itself a figure may grow.
const SHARE: f64 = 0.02;

/// The guests whose figures are in it.
pub const GUESTS: [&str; 3] = ["count", "live-count", "live-hold"];

/// Figures by kernel release and name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Baseline(BTreeMap<String, BTreeMap<String, f64>>);

impl Baseline {
    /// Reads it from the project in `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        let step = format!("read {}", file.display());
        let text = fs::read_to_string(&file).during(&step)?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::step(step, error).remedy("bench/README.md says what is in it")
        })
    }

    /// The same with `figures` for `release`, to one decimal.
    pub fn with(mut self, release: &str, figures: &Figures) -> Self {
        let rounded = |figure: &Counted| {
            // Without a minus before zero.
            (figure.value * 10.0).round() / 10.0 + 0.0
        };
        let figures = figures.iter();
        let figures = figures.map(|(name, figure)| (name.clone(), rounded(figure)));
        self.0.insert(release.to_owned(), figures.collect());
        self
    }

    /// Writes it into `folder`, for somebody to copy, and returns where.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join("baseline.json");
        let step = format!("write {}", file.display());
        let text = serde_json::to_string_pretty(self).during(&step)?;
        fs::create_dir_all(folder).during(&step)?;
        fs::write(&file, text + "\n").during(&step)?;
        Ok(file)
    }

    /// One test per figure that `release` has here or among `figures`; `None` if it has none here.
    pub fn compare(&self, release: &str, figures: &Figures) -> Option<Tally> {
        let known = self.0.get(release)?;
        let mut tally = Tally::default();
        for (name, before) in known {
            match figures.get(name) {
                None => tally.fail(format!(
                    "{release}: {name}: was not counted; {FILE} has {before}"
                )),
                Some(now) => match grown(*before, now) {
                    None => tally.passed += 1,
                    Some(how) => tally.fail(format!(
                        "{release}: {name}: {how}: if it has to, change {FILE} in the same commit, \
                         and say why"
                    )),
                },
            }
        }
        for (name, figure) in figures {
            if !known.contains_key(name) {
                tally.fail(format!(
                    "{release}: {name}: {:.1} instructions, and none in {FILE}: add it",
                    figure.value
                ));
            }
        }
        Some(tally)
    }
}

/// How much more `now` is than it was `before`, if it is too much.
fn grown(before: f64, now: &Counted) -> Option<String> {
    let then = Counted {
        value: before,
        ..*now
    };
    let more = now.value - before;
    if more <= then.growth(SHARE) {
        return None;
    }
    let share = if now.is_difference || before == 0.0 {
        String::new()
    } else {
        format!(", {:.1} %", 100.0 * more / before.abs())
    };
    Some(format!(
        "{:.1} instructions, {more:.1} more{share} than the {before} of before",
        now.value
    ))
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use crate::bench::counted::{Counted, Figures};

    fn figures(all: &[(&str, f64)]) -> Figures {
        let all = all.iter();
        all.map(|(name, value)| ((*name).to_owned(), Counted::whole(*value)))
            .collect()
    }

    fn difference(value: f64) -> Figures {
        let counted = Counted {
            value,
            whole: 2485.0,
            is_difference: true,
        };
        [("mlock live 1 - stock".to_owned(), counted)].into()
    }

    fn failures(baseline: &Baseline, figures: &Figures) -> (u64, Vec<String>) {
        let tally = baseline.compare("7.2.12", figures).unwrap();
        (tally.passed, tally.failures)
    }

    #[test]
    fn growth_beyond_two_percent_fails_and_is_told() {
        let before = Baseline::default().with("7.2.12", &figures(&[("kmalloc", 1000.0)]));
        let after = |value| failures(&before, &figures(&[("kmalloc", value)]));
        assert_eq!(after(1000.0), (1, vec![]));
        assert_eq!(after(1020.0), (1, vec![]));
        assert_eq!(after(500.0), (1, vec![]));
        let (passed, failures) = after(1030.0);
        assert_eq!((passed, failures.len()), (0, 1));
        assert!(failures[0].contains("30.0 more, 3.0 %"), "{failures:?}");
        assert!(failures[0].contains("same commit"), "{failures:?}");
    }

    #[test]
    fn one_instruction_more_in_a_lock_fails() {
        let before = Baseline::default().with("7.2.12", &figures(&[("PwLock", 19.0)]));
        assert_eq!(failures(&before, &figures(&[("PwLock", 20.0)])).1.len(), 1);
    }

    #[test]
    fn a_difference_may_not_grow_by_more_than_its_noise() {
        let before = Baseline::default().with("7.2.12", &difference(-25.1));
        let after = |value| failures(&before, &difference(value)).1.len();
        assert_eq!((after(-25.0), after(-23.2)), (0, 0));
        assert_eq!((after(-22.0), after(0.0)), (1, 1));
    }

    #[test]
    fn a_figure_missing_on_either_side_fails() {
        let before = Baseline::default().with("7.2.12", &figures(&[("a", 1.0), ("b", 2.0)]));
        let (passed, failures) = failures(&before, &figures(&[("b", 2.0), ("c", 3.0)]));
        assert_eq!((passed, failures.len()), (1, 2));
        assert!(failures[0].contains("a: was not counted"), "{failures:?}");
        assert!(failures[1].contains("c: 3.0"), "{failures:?}");
    }

    #[test]
    fn another_kernel_is_left_out() {
        let before = Baseline::default().with("7.2.12", &figures(&[("a", 1.0)]));
        assert!(before.compare("7.3.4", &figures(&[("a", 9.0)])).is_none());
    }

    #[test]
    fn it_is_read_as_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let baseline = Baseline::default().with("7.2.12", &difference(-0.04));
        baseline.write(&folder.path().join("bench")).unwrap();
        assert_eq!(Baseline::read(folder.path()).unwrap(), baseline);
        let text = std::fs::read_to_string(folder.path().join(super::FILE)).unwrap();
        assert!(text.contains("\"mlock live 1 - stock\": 0.0"), "{text}");
        std::fs::write(folder.path().join(super::FILE), "{").unwrap();
        assert!(Baseline::read(folder.path()).is_err());
    }
}
