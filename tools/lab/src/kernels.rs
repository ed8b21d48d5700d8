// SPDX-License-Identifier: GPL-2.0

//! Everything from an empty cache to kernels that modules can be built for.

use std::fs;
use std::path::Path;

use crate::debug_kernel::{self, DebugKernel};
use crate::disk;
use crate::failure::{Failure, Result};
use crate::image::{self, Image};
use crate::index::Index;
use crate::kernel_choice::{self, Kernel, Wish};
use crate::lab::Lab;
use crate::metadata::{self, Prepared};
use crate::root;

/// Bytes that the cache may take when a run is over.
const CACHE_LIMIT: u64 = 8_000_000_000;

/// The kernels the user wants, prepared.
pub fn get(lab: &Lab) -> Result<Vec<Prepared>> {
    with_index(lab, prepare_all)
}

/// The kernel called `release`, prepared.
pub fn get_release(lab: &Lab, release: &str) -> Result<Prepared> {
    let wish = Wish::Release(release.to_owned());
    with_index(lab, |lab, index, root| {
        let kernels = kernel_choice::choose(&index.packages, &wish)?;
        let Some(kernel) = kernels.first() else {
            return Err(Failure::step(release, "no kernel to build modules for"));
        };
        disk::require(lab, &kernels)?;
        metadata::get(lab, index, root, kernel)
    })
}

/// Debug kernels of the version of the one that the user wants, of the last if these are many.
pub fn get_debug(lab: &Lab, wanted: &[DebugKernel]) -> Result<Vec<Prepared>> {
    with_index(lab, |lab, index, root| {
        let kernels = kernel_choice::choose(&index.packages, &lab.options.kernel)?;
        let Some(kernel) = kernels.last() else {
            return Err(Failure::step("debug kernels", "no kernel to build"));
        };
        disk::require_debug(lab, kernel, wanted)?;
        wanted
            .iter()
            .map(|&which| debug_kernel::get(lab, index, root, kernel, which))
            .collect()
    })
}

/// The boot images of the kernels the user wants.
pub fn images(lab: &Lab) -> Result<Vec<Image>> {
    with_index(lab, |lab, index, root| {
        kernel_choice::choose(&index.packages, &lab.options.kernel)?
            .iter()
            .map(|kernel| image::get(lab, index, root, kernel))
            .collect()
    })
}

/// Does `work` with the list of what the mirror has.
fn with_index<T>(lab: &Lab, work: impl Fn(&Lab, &Index, &Path) -> Result<T>) -> Result<T> {
    disk::require(lab, &[])?;
    let root = root::get(lab)?;
    let index = Index::get(lab, &root)?;
    match work(lab, &index, &root) {
        // The list may be a day old: what it lacks, or what has gone, may be there by now.
        Err(failure) if is_stale(&failure) => {
            lab.ui
                .say(&format!("{}; looking at a new list", failure.step));
            let index = Index::renew(lab, &root)?;
            work(lab, &index, &root)
        }
        other => other,
    }
}

fn is_stale(failure: &Failure) -> bool {
    failure.cause.contains("the mirror does not have") || failure.cause.contains("404")
}

fn prepare_all(lab: &Lab, index: &Index, root: &Path) -> Result<Vec<Prepared>> {
    let kernels: Vec<Kernel> = kernel_choice::choose(&index.packages, &lab.options.kernel)?;
    disk::require(lab, &kernels)?;
    kernels
        .iter()
        .map(|kernel| metadata::get(lab, index, root, kernel))
        .collect()
}

/// Frees what the cache takes beyond its limit, if this run has added to it. To find out how large it is takes
/// a look at each of its files, of which the source of a kernel has tens of thousands.
pub fn prune(lab: &Lab) -> Result<()> {
    if !lab.store.has_grown() {
        return Ok(());
    }
    let freed = lab.store.prune(CACHE_LIMIT)?;
    if freed > 0 {
        let megabytes = freed / 1_000_000;
        lab.ui.say(&format!(
            "cache: {megabytes} MB of kernels not used lately removed"
        ));
    }
    Ok(())
}

/// Whether this may mount and change its root.
pub fn require_root() -> Result<()> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    Err(Failure::usage(
        "kernels",
        "the Debian root folder is made and entered with mount and chroot, which takes root",
    )
    .remedy("run the command as root"))
}

/// Whether the cache folder is there and can be written to.
pub fn require_cache_folder(lab: &Lab) -> Result<()> {
    let base = lab.store.base();
    fs::create_dir_all(base).map_err(|error| {
        Failure::usage(format!("cache folder {}", base.display()), error)
            .remedy("set PWLOCKS_CACHE to a folder that can be written to")
    })
}
