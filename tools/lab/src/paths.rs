// SPDX-License-Identifier: GPL-2.0

//! Where things are: the project and the cache.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// Folders inside the cache folder that are ours to remove.
pub const CACHE_PARTS: [&str; 6] = [
    "entries",
    "unfinished",
    "locks",
    "accel",
    "cargo-home",
    // Of earlier versions.
    "cargo-target",
];

/// The project's folder.
#[derive(Clone, Debug)]
pub struct Project(PathBuf);

impl Project {
    /// The folder this program was built from, unless `PWLOCKS_PROJECT` names another.
    pub fn find() -> Result<Self> {
        let folder = env::var_os("PWLOCKS_PROJECT").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
            PathBuf::from,
        );
        folder.canonicalize().map(Self).map_err(|error| {
            Failure::usage(format!("project folder {}", folder.display()), error)
                .remedy("run make in the project's folder")
        })
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Folder of everything that is built; `make clean` removes it.
    pub fn build(&self) -> PathBuf {
        self.0.join("build")
    }

    /// Log file of a step.
    pub fn log(&self, step: &str) -> PathBuf {
        self.build().join("log").join(format!("{step}.log"))
    }
}

/// The cache folder: `PWLOCKS_CACHE`, else `pwlocks` in `XDG_CACHE_HOME`, else in `~/.cache`.
pub fn cache_folder(variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let folder = if let Some(folder) = set("PWLOCKS_CACHE") {
        PathBuf::from(folder)
    } else if let Some(caches) = set("XDG_CACHE_HOME") {
        Path::new(&caches).join("pwlocks")
    } else if let Some(home) = set("HOME") {
        Path::new(&home).join(".cache/pwlocks")
    } else {
        return Err(Failure::usage(
            "cache folder",
            "none of PWLOCKS_CACHE, XDG_CACHE_HOME and HOME is set",
        )
        .remedy("set PWLOCKS_CACHE to a folder with some GB of space"));
    };
    if folder.is_absolute() {
        Ok(folder)
    } else {
        Err(Failure::usage(
            "cache folder",
            format!("{} is no absolute path", folder.display()),
        )
        .remedy("set PWLOCKS_CACHE to a path that starts with /"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::cache_folder;

    fn folder(variables: &[(&str, &str)]) -> Option<String> {
        cache_folder(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .ok()
        .map(|path| Path::new(&path).display().to_string())
    }

    #[test]
    fn the_most_specific_variable_wins() {
        let all = [
            ("PWLOCKS_CACHE", "/one"),
            ("XDG_CACHE_HOME", "/two"),
            ("HOME", "/three"),
        ];
        assert_eq!(folder(&all).as_deref(), Some("/one"));
        assert_eq!(folder(&all[1..]).as_deref(), Some("/two/pwlocks"));
        assert_eq!(folder(&all[2..]).as_deref(), Some("/three/.cache/pwlocks"));
        assert_eq!(folder(&[]), None);
    }

    #[test]
    fn an_empty_variable_counts_as_unset_and_a_relative_one_is_refused() {
        assert_eq!(
            folder(&[("PWLOCKS_CACHE", ""), ("HOME", "/three")]).as_deref(),
            Some("/three/.cache/pwlocks")
        );
        assert_eq!(folder(&[("PWLOCKS_CACHE", "here")]), None);
    }
}
