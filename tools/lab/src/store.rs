// SPDX-License-Identifier: GPL-2.0

//! The cache: entries named after a key of their inputs, and whole or not there at all.
//!
//! An entry is made in a temporary folder beside the others and renamed into its place when it is
//! complete and on the disk. A run that dies in between leaves a temporary folder, which the next
//! one that makes the same entry removes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::failure::{During, Failure, Result};
use crate::flock::{FileLock, Mode};
use crate::interrupt::Interrupt;
use crate::key::Key;
use crate::tree_size::tree_size;
use crate::ui::Ui;

/// An entry used this recently may be in use by another run.
const IN_USE: Duration = Duration::from_secs(3600);

/// What identifies an entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What sort of thing it is: `root`, `kernel`, `modules`…
    pub kind: &'static str,
    /// A name for people, without slashes.
    pub name: String,
    /// Digest of what it is made from.
    pub key: Key,
}

impl Entry {
    fn file_name(&self) -> String {
        format!("{}-{}-{}", self.kind, self.name, self.key)
    }
}

/// The cache folder.
pub struct Store {
    base: PathBuf,
    ui: Ui,
    interrupt: Interrupt,
    /// Entries that this run uses, which are therefore not pruned.
    used: Mutex<BTreeSet<String>>,
    /// Whether this run has made an entry.
    has_grown: AtomicBool,
}

impl Store {
    /// The cache in `base`, which is made when the first entry is.
    pub fn new(base: PathBuf, ui: Ui, interrupt: Interrupt) -> Self {
        Self {
            base,
            ui,
            interrupt,
            used: Mutex::default(),
            has_grown: AtomicBool::new(false),
        }
    }

    /// The cache folder.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Whether this run has added something to it.
    pub fn has_grown(&self) -> bool {
        self.has_grown.load(Ordering::Relaxed)
    }

    fn entries(&self) -> PathBuf {
        self.base.join("entries")
    }

    fn lock(&self, file: &Path, mode: Mode, purpose: &str) -> Result<FileLock> {
        FileLock::take(file, mode, purpose, &self.interrupt, |line| {
            self.ui.say(line)
        })
    }

    /// Keeps the cache from being removed while the lock is held, for `purpose`.
    pub fn keep(&self, purpose: &str) -> Result<FileLock> {
        self.lock(&self.base.join("locks/users"), Mode::Shared, purpose)
    }

    /// Where `entry` is, if it was made.
    pub fn find(&self, entry: &Entry) -> Option<PathBuf> {
        let place = self.entries().join(entry.file_name());
        place.is_dir().then_some(place)
    }

    /// Keeps the entry in `place`, which was found otherwise than by its key, as one in use.
    pub fn use_found(&self, place: &Path) -> Result<()> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        self.note_used(&name);
        mark_used(place).during(format!("cache entry {name}"))
    }

    fn note_used(&self, name: &str) {
        self.used
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(name.to_owned());
    }

    /// Where `entry` is; makes it with `make` if it is not there.
    ///
    /// `make` fills the empty folder it is given. When another run is making the same entry, this
    /// waits for it and uses its result.
    pub fn get(&self, entry: &Entry, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let name = entry.file_name();
        self.note_used(&name);
        let step = format!("cache entry {name}");
        if let Some(place) = self.find(entry) {
            mark_used(&place).during(&step)?;
            return Ok(place);
        }
        let lock_file = self.base.join("locks").join(format!("{name}.lock"));
        let _lock = self.lock(&lock_file, Mode::Exclusive, &step)?;
        if let Some(place) = self.find(entry) {
            return Ok(place);
        }
        let unfinished = self.base.join("unfinished").join(&name);
        remove(&unfinished).during(&step)?;
        fs::create_dir_all(&unfinished).during(&step)?;
        let made = make(&unfinished).and_then(|()| self.publish(&unfinished, &name).during(&step));
        if made.is_err() {
            // The failure of `make` matters more than one of the removal, which is tried again
            // before the entry is made the next time.
            let _ = remove(&unfinished);
        }
        made
    }

    fn publish(&self, unfinished: &Path, name: &str) -> io::Result<PathBuf> {
        nix::unistd::syncfs(File::open(unfinished)?)?;
        fs::create_dir_all(self.entries())?;
        let place = self.entries().join(name);
        self.has_grown.store(true, Ordering::Relaxed);
        fs::rename(unfinished, &place)?;
        File::open(self.entries())?.sync_all()?;
        Ok(place)
    }

    /// Removes entries that neither this run nor, in the last hour, another one used, least
    /// recently used first, until all together take at most `limit` bytes. Returns the bytes freed.
    pub fn prune(&self, limit: u64) -> Result<u64> {
        let step = "cache: prune";
        // What one run removes, another must not look for.
        let _alone = self.lock(&self.base.join("locks/prune"), Mode::Exclusive, step)?;
        let mut candidates = Vec::new();
        let mut total = tree_size(&self.base).during(step)?;
        if total <= limit {
            return Ok(0);
        }
        let used = self
            .used
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        for entry in fs::read_dir(self.entries()).during(step)? {
            let entry = entry.during(step)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let last_use = entry
                .metadata()
                .and_then(|data| data.modified())
                .during(step)?;
            let idle = last_use.elapsed().unwrap_or_default();
            if !used.contains(&name) && idle > IN_USE {
                candidates.push((last_use, entry.path()));
            }
        }
        candidates.sort();
        let before = total;
        for (_, path) in candidates {
            if total <= limit {
                break;
            }
            total -= tree_size(&path).during(step)?;
            // Out of the entries first, so that a half removed one is never taken for whole.
            let doomed = self.base.join("unfinished").join("pruned");
            remove(&doomed).during(step)?;
            fs::rename(&path, &doomed).during(step)?;
            remove(&doomed).during(step)?;
        }
        Ok(before - total)
    }

    /// Removes the whole cache, after every other run has let go of it.
    pub fn remove_all(&self) -> Result<()> {
        let step = format!("remove {}", self.base.display());
        if !self.base.exists() {
            return Ok(());
        }
        let _alone = self.lock(&self.base.join("locks/users"), Mode::Exclusive, &step)?;
        // Only what is known to be ours: the folder may be one that the user named.
        for part in crate::paths::CACHE_PARTS {
            remove(&self.base.join(part)).during(&step)?;
        }
        match fs::remove_dir(&self.base) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Err(Failure::step(
                step,
                "it holds files that pwlocks did not make; they stay",
            )),
            other => other.during(step),
        }
    }
}

fn mark_used(place: &Path) -> io::Result<()> {
    File::open(place)?.set_modified(SystemTime::now())
}

/// Removes a folder and all in it; fine if there is none.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::{Duration, SystemTime};

    use super::{Entry, Store};
    use crate::failure::{Failure, Result};
    use crate::interrupt::Interrupt;
    use crate::key::Key;
    use crate::tree_size::tree_size;
    use crate::ui::Ui;

    fn store(base: &Path) -> Store {
        Store::new(base.to_owned(), Ui::silent(), Interrupt::default())
    }

    fn entry(input: &str) -> Entry {
        Entry {
            kind: "modules",
            name: "7.2".into(),
            key: Key::builder().input("source", input).finish(),
        }
    }

    fn write(folder: &Path, text: &str) -> Result<()> {
        fs::write(folder.join("file"), text).map_err(|error| Failure::step("write", error))
    }

    #[test]
    fn an_entry_is_made_once_per_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let first = store.get(&entry("a"), |made| write(made, "a")).unwrap();
        assert!(store.has_grown());
        let again = store.get(&entry("a"), |_| panic!("it is there")).unwrap();
        let other = store.get(&entry("b"), |made| write(made, "b")).unwrap();
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert_eq!(fs::read_to_string(first.join("file")).unwrap(), "a");
    }

    #[test]
    fn what_was_there_before_makes_a_run_add_nothing() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path())
            .get(&entry("a"), |made| write(made, "a"))
            .unwrap();
        let later = store(folder.path());
        later.get(&entry("a"), |_| panic!("it is there")).unwrap();
        assert!(!later.has_grown());
    }

    #[test]
    fn a_step_that_fails_leaves_no_entry() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let failed = store.get(&entry("a"), |made| {
            write(made, "half")?;
            Err(Failure::step("modules", "compiler not found"))
        });
        assert_eq!(failed.unwrap_err().cause, "compiler not found");
        assert!(store.find(&entry("a")).is_none());
        store.get(&entry("a"), |made| write(made, "whole")).unwrap();
    }

    #[test]
    fn what_a_killed_run_left_is_not_trusted_and_not_mixed_in() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let left = folder
            .path()
            .join("unfinished")
            .join(entry("a").file_name());
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("half"), "half").unwrap();
        assert!(store.find(&entry("a")).is_none());
        let made = store.get(&entry("a"), |made| write(made, "whole")).unwrap();
        assert!(made.join("file").exists() && !made.join("half").exists());
    }

    #[test]
    fn two_runs_that_want_the_same_entry_make_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let made = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    store(folder.path())
                        .get(&entry("a"), |place| {
                            made.fetch_add(1, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(300));
                            write(place, "a")
                        })
                        .unwrap();
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn pruning_removes_the_least_recently_used_and_spares_what_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let early = store(folder.path());
        let mut places = Vec::new();
        for (input, hours) in [
            ("old", 9),
            ("older", 10),
            ("recent", 0),
            ("mine", 20),
            ("found", 20),
        ] {
            let place = early
                .get(&entry(input), |made| write(made, &"x".repeat(100_000)))
                .unwrap();
            let used = SystemTime::now() - Duration::from_secs(hours * 3600);
            File::open(&place).unwrap().set_modified(used).unwrap();
            places.push((place, used));
        }
        let late = store(folder.path());
        late.get(&entry("mine"), |_| panic!("it is there")).unwrap();
        late.use_found(&places[4].0).unwrap();
        let limit = tree_size(folder.path()).unwrap() - 50_000;
        assert!(late.prune(limit).unwrap() >= 100_000);
        let kept: Vec<_> = places.iter().map(|(place, _)| place.exists()).collect();
        assert_eq!(kept, [true, false, true, true, true]);
        late.prune(0).unwrap();
        let kept: Vec<_> = places.iter().map(|(place, _)| place.exists()).collect();
        assert_eq!(kept, [false, false, true, true, true]);
        // Nor does another run remove it meanwhile.
        early.prune(0).unwrap();
        assert!(places[4].0.exists());
    }

    #[test]
    fn removing_the_cache_spares_files_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("cache");
        let store = store(&base);
        store.get(&entry("a"), |made| write(made, "a")).unwrap();
        fs::write(base.join("thesis.tex"), "mine").unwrap();
        assert!(store.remove_all().is_err());
        assert!(!base.join("entries").exists() && base.join("thesis.tex").exists());
        fs::remove_file(base.join("thesis.tex")).unwrap();
        store.remove_all().unwrap();
        assert!(!base.exists());
    }
}
