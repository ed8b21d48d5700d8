// SPDX-License-Identifier: GPL-2.0

//! The modules as such, and what they show in sysfs and debugfs.

use crate::{
    doing::Doing as _, ensure, kernel_file::DEBUGFS, ktap::Verdict, live::Replaced, module,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The modules, each after those it needs. `pwlocks_test` is none of them: its files run a test,
/// whatever is written to them.
pub const MODULES: [&str; 4] = ["pwlocks", "mm_swap_demo", "mm_swap_live", "kmalloc_bench"];

/// Unloads those that are loaded, whoever loaded them. Then the kernel is as it was.
pub fn unload_all() -> Verdict {
    for name in MODULES.iter().rev() {
        if module::is_loaded(name) {
            module::unload_patiently(name).doing(format_args!("rmmod {name}"))?;
        }
    }
    let replaced = Replaced::now()?;
    ensure!(
        replaced.is_empty(),
        "replaced with no module loaded: {replaced:?}"
    );
    Ok(())
}

/// The files in debugfs of those that are loaded.
pub fn debugfs() -> Vec<PathBuf> {
    MODULES
        .iter()
        .flat_map(|module| files_in(&Path::new(DEBUGFS).join(module)))
        .collect()
}

/// The parameters in sysfs of those that are loaded.
pub fn parameters() -> Vec<PathBuf> {
    MODULES
        .iter()
        .flat_map(|module| files_in(&Path::new("/sys/module").join(module).join("parameters")))
        .collect()
}

/// Sorted; none where there is no such folder, or no more.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();

    files.sort();
    files
}
