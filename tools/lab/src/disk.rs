// SPDX-License-Identifier: GPL-2.0

//! Disk space: what is needed is said before anything is fetched.

use std::collections::BTreeSet;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::debug_kernel::{self, DebugKernel};
use crate::failure::{During, Failure, Result};
use crate::kernel_choice::Kernel;
use crate::lab::Lab;
use crate::metadata;
use crate::root;
use crate::source;

/// Megabytes that the parts of the cache take, downloads included, rounded up from what was seen.
const ROOT_MB: u64 = 2500;
const SOURCE_MB: u64 = 900;
const KERNEL_MB: u64 = 350;
const DEBUG_KERNEL_MB: u64 = 300;

/// Megabytes that a debug kernel takes beside that until it is built; one is at a time.
const BUILDING_MB: u64 = 1300;

/// Megabytes for modules, guest programs, logs, cargo's own files and a package of stock modules,
/// which is removed when what is wanted of it is unpacked.
const REST_MB: u64 = 1200;

/// What asks for it, as the user reads it.
const STEP: &str = "disk space";

/// Fails if the cache's file system has no room for what is missing to use `kernels`.
///
/// Without kernels, which are known only when the root is there, two of one version are assumed.
pub fn require(lab: &Lab, kernels: &[Kernel]) -> Result<()> {
    let mut needed = if lab.store.find(&root::entry()).is_some() {
        0
    } else {
        ROOT_MB
    };
    if kernels.is_empty() {
        if needed == 0 {
            return Ok(());
        }
        needed += SOURCE_MB + 2 * KERNEL_MB;
    }
    let mut sources = BTreeSet::new();
    for kernel in kernels {
        let source = source::entry(kernel);
        if lab.store.find(&source).is_none() && sources.insert(source.key.to_string()) {
            needed += SOURCE_MB;
        }
        if lab.store.find(&metadata::entry(kernel)).is_none() {
            needed += KERNEL_MB;
        }
    }
    room(lab, needed)
}

/// Fails if there is no room for those of the debug kernels `wanted` of `kernel`'s version that are
/// missing.
pub fn require_debug(lab: &Lab, kernel: &Kernel, wanted: &[DebugKernel]) -> Result<()> {
    let mut needed = 0;
    for &which in wanted {
        let entry = debug_kernel::entry(lab, kernel, which)?;
        if lab.store.find(&entry).is_none() {
            needed += DEBUG_KERNEL_MB;
        }
    }
    if needed > 0 {
        needed += BUILDING_MB;
        if lab.store.find(&source::entry(kernel)).is_none() {
            needed += SOURCE_MB;
        }
    }
    room(lab, needed)
}

/// Fails if the cache's file system has no room for `needed` megabytes and for what is made with it.
fn room(lab: &Lab, needed: u64) -> Result<()> {
    if needed == 0 {
        return Ok(());
    }
    let remedy = "free some, or set PWLOCKS_CACHE to a folder elsewhere";
    require_in(lab.store.base(), needed + REST_MB, remedy).map(|line| lab.ui.say(&line))
}

/// Fails if the file system of `folder` has not `needed` megabytes, and else says what it has.
pub fn require_in(folder: &Path, needed: u64, remedy: &str) -> Result<String> {
    let status = statvfs(folder).during(STEP)?;
    let free = status.blocks_available() * status.fragment_size() / 1_000_000;
    enough(free, needed).map_err(|cause| {
        Failure::step(STEP, format!("{}: {cause}", folder.display())).remedy(remedy)
    })
}

fn enough(free: u64, needed: u64) -> std::result::Result<String, String> {
    if free < needed {
        Err(format!("{needed} MB are needed, {free} MB are free"))
    } else {
        Ok(format!(
            "disk space: up to {needed} MB will be used of {free} MB free"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{enough, require_in};

    #[test]
    fn too_little_space_is_told_in_numbers() {
        let cause = enough(900, 4000).unwrap_err();
        assert_eq!(cause, "4000 MB are needed, 900 MB are free");
        assert!(enough(4000, 4000).is_ok());
    }

    #[test]
    fn a_folder_with_too_little_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let failure = require_in(folder.path(), u64::MAX, "free some").unwrap_err();
        let message = failure.to_string();
        assert!(
            message.contains(&folder.path().display().to_string()),
            "{message}"
        );
        assert!(message.contains("free some"), "{message}");
        assert!(require_in(folder.path(), 0, "").is_ok());
    }
}
