// SPDX-License-Identifier: GPL-2.0

//! Somebody else's livepatch: pwlocks_test_livepatch.ko.

use nix::errno::Errno;
use selftests::{ensure, kernel_file, ktap::Verdict, module::Module};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// What it replaces, by a function that does nothing.
pub(crate) const FUNCTION: &str = "lru_add_drain_all";

const MODULE: &str = "pwlocks_test_livepatch";
const FOLDER: &str = "/sys/kernel/livepatch/pwlocks_test_livepatch";

/// A task that sleeps in a function that is patched is waited for; none does for long here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Loads it; it can be unloaded when all tasks have come over.
pub(crate) fn load() -> Result<Module, Errno> {
    let module = Module::load(MODULE, "")?;

    wait(|| fs::read_to_string(format!("{FOLDER}/transition")).is_ok_and(|text| text == "0\n"));
    Ok(module)
}

/// Disables it and unloads the module.
pub(crate) fn unload(module: Module) -> Verdict {
    kernel_file::write(format!("{FOLDER}/enabled"), "0")?;
    ensure!(
        wait(|| !Path::new(FOLDER).exists()),
        "the livepatch is still there after {PATIENCE:?}"
    );
    // What the folder belonged to is put a moment later.
    drop(module);
    ensure!(
        !selftests::module::is_loaded(MODULE),
        "{MODULE} can't be unloaded"
    );
    Ok(())
}

fn wait(over: impl Fn() -> bool) -> bool {
    let start = Instant::now();

    while start.elapsed() < PATIENCE {
        if over() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}
