// SPDX-License-Identifier: GPL-2.0

//! What a figure is of: the stock kernel, one of our modules in a mode, or a lock in C.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A subject as the guests' rows have it.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Subject {
    /// `stock`, `live`, `pwlocks` or `c`.
    subject: String,
    /// The mode, which only the modules have.
    #[serde(default)]
    pwlocks: Option<u32>,
}

/// The kernel with nothing of ours loaded.
const STOCK: &str = "stock";

/// It with `mm_swap_live.ko`.
const LIVE: &str = "live";

/// As they are shown, in the order in which they compare best.
const ORDER: [&str; 6] = ["stock", "live 0", "live 1", "pwlocks 0", "pwlocks 1", "C"];

/// The place of the subject called `name` among all; what is none comes last.
pub fn place(name: &str) -> usize {
    let known = ORDER.iter().position(|known| *known == name);
    known.unwrap_or(ORDER.len())
}

impl Subject {
    /// `subject` in the mode `pwlocks`.
    pub fn new(subject: &str, pwlocks: Option<u32>) -> Self {
        Self {
            subject: subject.to_owned(),
            pwlocks,
        }
    }

    /// The kernel with nothing of ours loaded.
    pub fn stock() -> Self {
        Self::new(STOCK, None)
    }

    /// The running kernel's own drains with the module in `mode`.
    pub fn live(mode: u32) -> Self {
        Self::new(LIVE, Some(mode))
    }

    /// Whether it is the live module, in whatever mode.
    pub fn is_live(&self) -> bool {
        self.subject == LIVE
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.subject.as_str(), self.pwlocks) {
            ("c", None) => f.write_str("C"),
            (subject, None) => f.write_str(subject),
            (subject, Some(mode)) => write!(f, "{subject} {mode}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ORDER, Subject, place};

    #[test]
    fn subjects_have_places_whatever_they_came_in() {
        let named = [Subject::stock(), Subject::live(0), Subject::live(1)];
        let places = named.map(|subject| place(&subject.to_string()));
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(place("taken_out"), ORDER.len());
    }

    #[test]
    fn a_subject_has_its_mode_in_its_name() {
        assert_eq!(Subject::stock().to_string(), "stock");
        assert_eq!(Subject::live(1).to_string(), "live 1");
        assert_eq!(Subject::new("c", None).to_string(), "C");
        assert!(Subject::live(0).is_live() && !Subject::stock().is_live());
    }
}
