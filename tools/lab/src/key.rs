// SPDX-License-Identifier: GPL-2.0

//! Keys of cache entries: a digest of everything an entry is made from.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Digits of the digest that appear in a file name.
const DIGITS: usize = 16;

/// A digest of named inputs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key(String);

impl Key {
    /// Starts a key.
    pub fn builder() -> KeyBuilder {
        KeyBuilder(Sha256::new())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects the inputs of a [`Key`].
pub struct KeyBuilder(Sha256);

impl KeyBuilder {
    /// Adds a named input. Lengths go in as well, so that inputs cannot run into each other.
    pub fn input(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_bytes(), value.as_ref()] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds a file, or every file below a directory, by path relative to `base` and by content.
    ///
    /// A path that does not exist is an input too: making it later changes the key.
    pub fn tree(mut self, base: &Path, relative: &Path) -> io::Result<Self> {
        let path = base.join(relative);
        let name = relative.to_string_lossy().into_owned();
        if path.is_dir() {
            let mut children: Vec<_> = fs::read_dir(&path)?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<_>>()?;
            children.sort();
            for child in children {
                self = self.tree(base, &relative.join(child))?;
            }
            Ok(self)
        } else if path.is_file() {
            Ok(self.input(&name, fs::read(&path)?))
        } else {
            Ok(self.input(&name, "absent"))
        }
    }

    /// The key of all inputs.
    pub fn finish(self) -> Key {
        let mut digits = String::new();
        for byte in self.0.finalize() {
            digits.push_str(&format!("{byte:02x}"));
        }
        digits.truncate(DIGITS);
        Key(digits)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Key;

    #[test]
    fn inputs_do_not_run_into_each_other() {
        let one = Key::builder().input("a", "bc").finish();
        let other = Key::builder().input("ab", "c").finish();
        assert_ne!(one, other);
    }

    #[test]
    fn a_tree_is_known_by_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let key = || {
            Key::builder()
                .tree(folder.path(), Path::new("rust"))
                .unwrap()
                .finish()
        };
        let absent = key();
        fs::create_dir(folder.path().join("rust")).unwrap();
        fs::write(folder.path().join("rust/lock.rs"), "one").unwrap();
        let first = key();
        fs::write(folder.path().join("rust/lock.rs"), "two").unwrap();
        let second = key();
        fs::rename(
            folder.path().join("rust/lock.rs"),
            folder.path().join("rust/work.rs"),
        )
        .unwrap();
        let third = key();
        assert!(absent != first && first != second && second != third);
    }
}
