// SPDX-License-Identifier: GPL-2.0

//! What guests measured, kept from one run to the next.
//!
//! A guest's rows are written as soon as it is over, under a digest of all that they depend on, so
//! that a run that was cut off goes on where it was, and one after a change measures anew.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::bench::clock::Clock;
use crate::bench::row::Row;
use crate::failure::{During, Result};
use crate::key::Key;

/// What one guest measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Measured {
    /// The guest's name, the same for all that do the same.
    pub guest: String,
    /// The kernel's release.
    pub kernel: String,
    /// The kernel's version, as its log has it.
    pub version: String,
    /// What the figures are.
    pub clock: Clock,
    /// Which of the guests that do the same it is, from 1.
    pub repetition: u32,
    /// When it was over, in UTC.
    pub date: String,
    /// How long it took.
    pub seconds: f64,
    /// What is not measured on such a machine, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// The folder in which they are kept.
#[derive(Clone, Debug)]
pub struct Kept(PathBuf);

impl Kept {
    /// That in `folder`, which is made when something is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    fn file(&self, key: &Key) -> PathBuf {
        self.0.join(format!("{key}.json"))
    }

    /// What was measured under `key`. What cannot be read was not.
    pub fn find(&self, key: &Key) -> Option<Measured> {
        let text = fs::read_to_string(self.file(key)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Keeps `measured` under `key`: whole or not at all.
    pub fn keep(&self, key: &Key, measured: &Measured) -> Result<()> {
        let file = self.file(key);
        let step = format!("write {}", file.display());
        let text = serde_json::to_string(measured).during(&step)?;
        fs::create_dir_all(&self.0).during(&step)?;
        let mut unfinished = NamedTempFile::new_in(&self.0).during(&step)?;
        unfinished.write_all(text.as_bytes()).during(&step)?;
        unfinished.as_file().sync_all().during(&step)?;
        unfinished.persist(&file).during(&step)?;
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use std::fs;

    use super::{Kept, Measured};
    use crate::bench::clock::Clock;
    use crate::bench::text_lines;
    use crate::key::Key;

    /// What a guest called `guest` measured that printed `text`.
    pub fn measured(guest: &str, repetition: u32, text: &str) -> Measured {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut rows = text_lines::find(&lines).unwrap();
        rows.extend(crate::bench::row::Row::find(&lines).unwrap());
        Measured {
            guest: guest.to_owned(),
            kernel: "7.2.12+deb13-amd64".to_owned(),
            version: "#1 SMP".to_owned(),
            clock: Clock::Counted,
            repetition,
            date: "2026-11-22T00:00:00Z".to_owned(),
            seconds: 9.5,
            left_out: Vec::new(),
            rows,
        }
    }

    #[test]
    fn what_was_kept_is_found_again_under_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path().join("measured"));
        let [key, other] = ["one", "two"].map(|name| Key::builder().input("guest", name).finish());
        assert_eq!(kept.find(&key), None);
        let measured = measured("count", 1, "# count PwLock local 19\n");
        kept.keep(&key, &measured).unwrap();
        assert_eq!(kept.find(&key), Some(measured));
        assert_eq!(kept.find(&other), None);
        let files = fs::read_dir(kept.folder()).unwrap().count();
        assert_eq!(files, 1, "nothing unfinished is left");
    }

    #[test]
    fn what_is_broken_was_not_measured() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path());
        let key = Key::builder().finish();
        fs::write(folder.path().join(format!("{key}.json")), "{\"guest\":").unwrap();
        assert_eq!(kept.find(&key), None);
    }
}
