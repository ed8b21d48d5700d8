// SPDX-License-Identifier: GPL-2.0

//! A file system on a disk, for the page cache of files: ext4, as most machines have it, without a
//! journal.

use super::Modules;
use crate::{
    doing::Doing as _,
    ensure,
    ktap::Trouble,
    live::{Disks, disk_path},
};
use nix::mount::{MsFlags, mount, umount};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// ext4 and, before it, what it needs.
const MODULES: [&str; 4] = ["crc16", "mbcache", "jbd2", "ext4"];

/// The file system, mounted while this value lives.
#[derive(Debug)]
pub(super) struct FileSystem {
    folder: PathBuf,
    _modules: Modules,
}

impl FileSystem {
    /// Makes one on disk `number`, whose content is lost, and mounts it on `folder`.
    pub(super) fn on(disks: &Disks, number: u32, folder: &Path) -> Result<Self, Trouble> {
        let modules = Modules::load(&MODULES)?;
        let disk = disk_path(number);

        // Makes the device's file, too.
        drop(disks.open(number)?);
        let made = Command::new("/bin/busybox")
            .args(["mke2fs", &disk])
            .output()?;
        ensure!(made.status.success(), "mke2fs {disk}: {made:?}");
        fs::create_dir_all(folder).doing(folder.display())?;
        mount(
            Some(&*disk),
            folder,
            Some("ext4"),
            MsFlags::empty(),
            None::<&str>,
        )
        .doing(format_args!("mount {disk}"))?;
        Ok(Self {
            folder: folder.to_owned(),
            _modules: modules,
        })
    }
}

impl Drop for FileSystem {
    fn drop(&mut self) {
        if let Err(error) = umount(&self.folder) {
            eprintln!("umount {}: {error}", self.folder.display());
        }
    }
}
