// SPDX-License-Identifier: GPL-2.0

//! oslat of rt-tests, as the machine has it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Its name, and the folders where packages and administrators put it.
const NAME: &str = "oslat";
const FOLDERS: [&str; 3] = ["usr/local/bin", "usr/bin", "usr/sbin"];

/// The newest of its options that is needed, and what Debian has it in.
const OPTION: &str = "--bucket-width";
const SINCE: &str = "Debian 13 has one";

/// What there is of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Oslat {
    /// None.
    Missing,
    /// One that lacks an option.
    Old(PathBuf),
    /// One that will do.
    Found(PathBuf),
}

impl Oslat {
    /// Looks for it. `root` is where the machine's files are.
    pub fn look(root: &Path) -> io::Result<Self> {
        let mut all = FOLDERS.iter().map(|folder| root.join(folder).join(NAME));
        let Some(path) = all.find(|path| path.is_file()) else {
            return Ok(Self::Missing);
        };
        let output = Command::new(&path).arg("--help").output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok(if String::from_utf8_lossy(&said).contains(OPTION) {
            Self::Found(path)
        } else {
            Self::Old(path)
        })
    }

    /// Where it is, or why it can't be used and what can be done about it.
    pub fn path(&self) -> Result<&Path, String> {
        match self {
            Self::Found(path) => Ok(path),
            Self::Missing => Err("it is not installed; apt install rt-tests".to_owned()),
            Self::Old(path) => Err(format!(
                "{} has no {OPTION}; install a newer rt-tests: {SINCE}",
                path.display()
            )),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::Oslat;

    /// A program in the place of oslat, in the folder `root`, that says `help`.
    pub fn put(root: &Path, folder: &str, help: &str) {
        let file = root.join(folder).join("oslat");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let script = format!("#!/bin/sh\necho '{help}' >&2\nexit 1\n");
        // By another process: a program that this one had open for writing could, when it is run, still be open
        // in a child that another thread has just forked.
        let written = Command::new("sh")
            .args(["-c", "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"", "sh"])
            .arg(&file)
            .arg(&script)
            .status();
        assert!(written.unwrap().success());
    }

    #[test]
    fn what_is_there_is_told_from_what_will_do() {
        let root = tempfile::tempdir().unwrap();
        let look = || Oslat::look(root.path()).unwrap();
        assert!(look().path().unwrap_err().contains("apt install rt-tests"));
        put(root.path(), "usr/bin", "-b, --bucket-size");
        let old = look();
        assert!(
            old.path().unwrap_err().contains("--bucket-width"),
            "{old:?}"
        );
        put(root.path(), "usr/local/bin", "-W, --bucket-width");
        let own = root.path().join("usr/local/bin/oslat");
        assert_eq!(look().path().unwrap(), own);
    }
}
