// SPDX-License-Identifier: GPL-2.0

//! A folder to be a script's only `PATH`, with some of this machine's programs and stand-ins for others.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What a script finds, and a place for what its stand-ins note.
pub struct StandIns(TempDir);

impl StandIns {
    /// With the programs `tools` of this machine.
    pub fn new(tools: &[&str]) -> Self {
        let stand_ins = Self(tempfile::tempdir().unwrap());
        fs::create_dir(stand_ins.bin()).unwrap();
        for tool in tools {
            let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(tool));
            let found = found.iter().find(|path| path.exists()).unwrap();
            symlink(found, stand_ins.bin().join(tool)).unwrap();
        }
        stand_ins
    }

    /// The folder of the programs.
    pub fn bin(&self) -> PathBuf {
        self.path("bin")
    }

    /// The file `name` beside that folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program called `name` that is a shell script.
    pub fn add(&self, name: &str, body: &str) {
        let file = self.bin().join(name);
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The lines that stand-ins added to the file `name`.
    pub fn noted(&self, name: &str) -> Vec<String> {
        let noted = fs::read_to_string(self.path(name)).unwrap_or_default();
        noted.lines().map(str::to_owned).collect()
    }
}
