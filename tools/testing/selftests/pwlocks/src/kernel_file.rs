// SPDX-License-Identifier: GPL-2.0

//! Reading and writing files of procfs, sysfs and debugfs.

use crate::ktap::Trouble;
use std::{fs, path::Path};

/// Where debugfs is mounted.
pub const DEBUGFS: &str = "/sys/kernel/debug";

/// Reads a file; an error names it.
pub fn read(path: impl AsRef<Path>) -> Result<String, Trouble> {
    let path = path.as_ref();

    fs::read_to_string(path)
        .map_err(|error| Trouble::fail(format!("can't read {}: {error}", path.display())))
}

/// Reads a file without the white space around its content.
pub fn read_trimmed(path: impl AsRef<Path>) -> Result<String, Trouble> {
    read(path).map(|text| text.trim().to_owned())
}

/// Writes a file that exists, in one write; an error names it.
pub fn write(path: impl AsRef<Path>, text: &str) -> Result<(), Trouble> {
    use std::io::Write as _;

    let path = path.as_ref();
    fs::OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Trouble::fail(format!("can't write {}: {error}", path.display())))
}

/// The path of a file below debugfs, as `pwlocks/mode`.
pub fn debugfs(name: &str) -> String {
    format!("{DEBUGFS}/{name}")
}
