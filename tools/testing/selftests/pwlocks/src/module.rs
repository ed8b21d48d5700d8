// SPDX-License-Identifier: GPL-2.0

//! Loading and unloading the modules under test.

use crate::{environment, kernel_file, ktap::Trouble};
use nix::{
    errno::Errno,
    fcntl::OFlag,
    kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module},
};
use std::{
    ffi::{CStr, CString},
    fs::File,
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How long an unload is retried that meets a module in use: debugfs files and kernel threads that
/// end on their own.
const UNLOAD_PATIENCE: Duration = Duration::from_secs(5);

/// A module that is in the kernel while this value lives.
///
/// What was loaded here is unloaded on drop; what was there before stays.
#[derive(Debug)]
pub struct Module {
    name: &'static str,
    ours: bool,
}

impl Module {
    /// Loads `name`.ko with `params` from the folder with the modules.
    ///
    /// The error is `insmod`'s; [`Errno::EEXIST`] if it is loaded already.
    pub fn load(name: &'static str, params: &str) -> Result<Self, Errno> {
        let params = CString::new(params).map_err(|_| Errno::EINVAL)?;

        load(name, &params)?;
        Ok(Self { name, ours: true })
    }

    /// Makes sure that `name` is loaded: uses it as it is, or loads it with `params`.
    ///
    /// Skips if it is neither loaded nor to be found.
    pub fn need(name: &'static str, params: &str) -> Result<Self, Trouble> {
        if is_loaded(name) {
            return Ok(Self { name, ours: false });
        }
        let Some(path) = file(name) else {
            return Err(Trouble::skip(format!(
                "{name} is not loaded and PWLOCKS_MODULES names no folder"
            )));
        };
        if !path.exists() {
            return Err(Trouble::skip(format!("there is no {}", path.display())));
        }
        Self::load(name, params).map_err(|error| {
            Trouble::fail(format!(
                "insmod {} {params}: {}",
                path.display(),
                error.desc()
            ))
        })
    }

    /// Makes sure that pwlocks is loaded, in the mode that the caller asked for (`PWLOCKS_PARAM`).
    pub fn need_pwlocks() -> Result<Self, Trouble> {
        let params = environment::param().map_or(String::new(), |mode| format!("pwlocks={mode}"));

        Self::need("pwlocks", &params)
    }

    /// Whether it was loaded by [`Self::load`] or [`Self::need`], rather than found.
    pub fn is_ours(&self) -> bool {
        self.ours
    }

    /// Unloads it now, whoever loaded it; the error is `rmmod`'s.
    pub fn unload(mut self) -> Result<(), Errno> {
        self.ours = false;
        unload(self.name)
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        if let Err(error) = unload_patiently(self.name) {
            eprintln!("rmmod {}: {}", self.name, error.desc());
        }
    }
}

/// Loads `name`.ko with `params` from the folder with the modules, to stay; the error is `insmod`'s.
pub fn load(name: &str, params: &CStr) -> Result<(), Errno> {
    let path = file(name).ok_or(Errno::ENOENT)?;
    let file = File::open(path).map_err(errno)?;

    finit_module(file, params, ModuleInitFlags::empty())
}

/// Unloads a module; the error is `rmmod`'s, [`Errno::EWOULDBLOCK`] if it is in use.
pub fn unload(name: &str) -> Result<(), Errno> {
    let name = CString::new(name).map_err(|_| Errno::EINVAL)?;

    delete_module(
        &name,
        DeleteModuleFlags::from_bits_retain(OFlag::O_NONBLOCK.bits()),
    )
}

/// [`unload`], tried for a while if the module is in use.
pub fn unload_patiently(name: &str) -> Result<(), Errno> {
    let start = Instant::now();

    loop {
        match unload(name) {
            Err(Errno::EAGAIN) if start.elapsed() < UNLOAD_PATIENCE => {
                thread::sleep(Duration::from_millis(20));
            }
            result => return result,
        }
    }
}

/// Whether the kernel has a module of this name.
pub fn is_loaded(name: &str) -> bool {
    // A module under construction or going has the folder but no such state.
    std::fs::read_to_string(format!("/sys/module/{name}/initstate"))
        .is_ok_and(|state| state.trim() == "live")
}

/// The value of a module's parameter, as sysfs shows it.
pub fn parameter(module: &str, name: &str) -> Result<String, Trouble> {
    kernel_file::read_trimmed(parameter_path(module, name))
}

/// The path of a module's parameter in sysfs.
pub fn parameter_path(module: &str, name: &str) -> PathBuf {
    Path::new("/sys/module")
        .join(module)
        .join("parameters")
        .join(name)
}

/// Writes a module's parameter once; the error is that of the write.
pub fn write_parameter(module: &str, name: &str, value: &str) -> Result<(), Errno> {
    kernel_file::try_write(parameter_path(module, name), value)
}

/// Where `name`.ko is.
pub fn file(name: &str) -> Option<PathBuf> {
    environment::modules().map(|folder| folder.join(format!("{name}.ko")))
}

fn errno(error: io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
