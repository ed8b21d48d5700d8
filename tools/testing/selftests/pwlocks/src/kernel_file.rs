// SPDX-License-Identifier: GPL-2.0

//! Reading and writing files of procfs, sysfs and debugfs.

use crate::ktap::Trouble;
use nix::errno::Errno;
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

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
    let path = path.as_ref();

    write_once(path, text)
        .map_err(|error| Trouble::fail(format!("can't write {}: {error}", path.display())))
}

/// [`write`], where the error itself matters.
pub fn try_write(path: impl AsRef<Path>, text: &str) -> Result<(), Errno> {
    write_once(path.as_ref(), text)
        .map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
}

fn write_once(path: &Path, text: &str) -> io::Result<()> {
    fs::OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(text.as_bytes())
}

/// The path of a file below debugfs, as `pwlocks/mode`.
pub fn debugfs(name: &str) -> String {
    format!("{DEBUGFS}/{name}")
}
