// SPDX-License-Identifier: GPL-2.0

//! Disk space of a folder.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Bytes that the files below `path` take on the disk; 0 if there is nothing.
///
/// Files that vanish meanwhile, as in another run's temporary folder, are not counted.
pub fn tree_size(path: &Path) -> io::Result<u64> {
    let data = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let mut size = data.blocks() * 512;
    if data.is_dir() {
        let entries = match fs::read_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(size),
            other => other?,
        };
        for entry in entries {
            size += tree_size(&entry?.path())?;
        }
    }
    Ok(size)
}
