// SPDX-License-Identifier: GPL-2.0

//! When the modules can be unloaded and when not.

use crate::cycle;
use nix::errno::Errno;
use selftests::{
    demo::{Device, Modules, PATH},
    doing::Doing as _,
    ensure, kernel_tests,
    ktap::{Trouble, Verdict},
    module,
};
use std::{fs::File, io, path::Path};

/// What rmmod of a module in use says: `EWOULDBLOCK` from the kernel, `EBUSY` from some versions.
fn is_refusal(result: Result<(), Errno>) -> bool {
    matches!(result, Err(Errno::EBUSY | Errno::EWOULDBLOCK))
}

/// An open file, with folios and without, holds the module.
pub(crate) fn open_file() -> Verdict {
    let modules = Modules::need()?;
    let device = Device::open().doing("open")?;

    let empty = module::unload("mm_swap_demo");
    ensure!(is_refusal(empty), "rmmod with a file open: {empty:?}");
    cycle::leave_folios(&device)?;
    let full = module::unload("mm_swap_demo");
    ensure!(
        is_refusal(full),
        "rmmod with a file open and folios: {full:?}"
    );
    let handles = device.alloc_pages(1).doing("ALLOC after a refused rmmod")?;
    device
        .query(handles[0])
        .doing("QUERY after a refused rmmod")?;
    drop(device);
    modules.unload().doing("rmmod once the file is closed")?;
    ensure!(!Path::new(PATH).exists(), "{PATH} is still there");
    Ok(())
}

/// An open debugfs file holds the module that shows it, and stays readable.
///
/// Files of the kernel crate's debugfs do not: closing one after rmmod is a jump to freed text.
pub(crate) fn debugfs_file() -> Verdict {
    let modules = Modules::need()?;
    let lists = open("/sys/kernel/debug/mm_swap_demo/lists")?;
    let mode = open("/sys/kernel/debug/pwlocks/mode")?;

    let result = module::unload("mm_swap_demo");
    ensure!(is_refusal(result), "rmmod mm_swap_demo: {result:?}");
    let text = io::read_to_string(lists).map_err(|error| Trouble::fail(error.to_string()))?;
    ensure!(text.contains("unevictable"), "lists: {text}");

    // Read, and closed, the first holds nothing any more; the second holds pwlocks.
    let result = modules.unload();
    ensure!(is_refusal(result), "rmmod pwlocks: {result:?}");
    let text = io::read_to_string(mode).map_err(|error| Trouble::fail(error.to_string()))?;
    ensure!(matches!(text.trim(), "local" | "remote"), "mode: {text}");
    module::unload("pwlocks").doing("rmmod pwlocks once its file is closed")
}

/// The same for the module with the kernel tests, whose files can be written.
pub(crate) fn tests_file() -> Verdict {
    let (tests, pwlocks) = kernel_tests::load()?;
    let sizes = open("/sys/kernel/debug/pwlocks_test/sizes")?;
    let test = open("/sys/kernel/debug/pwlocks_test/lock/context")?;

    let result = module::unload("pwlocks_test");
    ensure!(is_refusal(result), "rmmod with two files open: {result:?}");
    drop(sizes);
    let result = module::unload("pwlocks_test");
    ensure!(is_refusal(result), "rmmod with one file open: {result:?}");
    let text = io::read_to_string(test).map_err(|error| Trouble::fail(error.to_string()))?;
    ensure!(text == "not run\n", "a test that was not run: {text}");
    tests.unload().doing("rmmod once the files are closed")?;
    pwlocks.unload().doing("rmmod pwlocks")
}

fn open(path: &str) -> Result<File, Trouble> {
    File::open(path).map_err(|error| Trouble::fail(format!("{path}: {error}")))
}

/// pwlocks can't go as long as the demo is there.
pub(crate) fn user() -> Verdict {
    let modules = Modules::need()?;
    let result = module::unload("pwlocks");

    ensure!(is_refusal(result), "rmmod pwlocks: {result:?}");
    modules.unload().doing("rmmod of both")
}

/// What closed files left in batches goes with the module.
pub(crate) fn batches() -> Verdict {
    let modules = Modules::need()?;
    let device = Device::open().doing("open")?;

    cycle::leave_folios(&device)?;
    drop(device);
    let device = Device::open().doing("open")?;
    let slots = device.stats().doing("STATS")?.slots;
    ensure!(slots > 0, "the closed file left nothing in batches");
    drop(device);
    modules.unload().doing("rmmod")
}
