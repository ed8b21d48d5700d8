// SPDX-License-Identifier: GPL-2.0

//! Loading a module.

use crate::operation::Operation;
use nix::errno::Errno;
use selftests::{
    doing::Doing as _,
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    live::{self, Replaced},
    module::{self, Module},
};
use std::{fs, path::Path};

/// Where the kernel lists what is called as CPUs go down and come up.
const HOTPLUG_STATES: &str = "/sys/devices/system/cpu/hotplug/states";

/// The state of pwlocks there, without the number that the kernel gives it.
const HOTPLUG_STATE: &str = "mm/pwlocks:dead";

/// A module, its parameters, and the mode in which pwlocks has to be there before, if it has to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    name: &'static str,
    params: &'static str,
    pwlocks: Option<&'static str>,
    begins_as_another: bool,
}

impl Case {
    const fn new(name: &'static str, params: &'static str, pwlocks: Option<&'static str>) -> Self {
        Self {
            name,
            params,
            pwlocks,
            begins_as_another: false,
        }
    }
}

/// All modules.
pub(crate) const CASES: [Case; 5] = [
    Case::new("pwlocks", "pwlocks=0", None),
    Case::new("mm_swap_demo", "", Some("0")),
    Case::new(live::MODULE, "", Some("0")),
    // In remote mode it replaces the kernel's functions before insmod returns.
    Case {
        begins_as_another: true,
        ..Case::new(live::MODULE, "", Some("1"))
    },
    // Few objects: each is an allocation that may fail, and one is as good as another.
    Case::new("kmalloc_bench", "iterations=8 rounds=1", None),
];

/// The operation.
pub(crate) struct Insmod {
    case: Case,
    loaded: Option<Module>,
    // Goes after what uses it.
    _pwlocks: Option<Module>,
}

impl Insmod {
    /// Loads what the module needs.
    pub(crate) fn new(case: Case) -> Result<Self, Trouble> {
        let pwlocks = case
            .pwlocks
            .map(|mode| Module::need("pwlocks", &format!("pwlocks={mode}")));

        Ok(Self {
            case,
            loaded: None,
            _pwlocks: pwlocks.transpose()?,
        })
    }
}

impl Operation for Insmod {
    fn name(&self) -> String {
        let Case {
            name,
            params,
            pwlocks,
            ..
        } = self.case;
        let mode = pwlocks.map_or(String::new(), |mode| format!(" with pwlocks={mode}"));

        format!("insmod {name} {params}").trim_end().to_owned() + &mode
    }

    fn begins_as_another(&self) -> bool {
        self.case.begins_as_another
    }

    fn run(&mut self) -> Result<(), Errno> {
        self.loaded = Some(Module::load(self.case.name, self.case.params)?);
        Ok(())
    }

    fn undo(&mut self) -> Verdict {
        ensure!(
            module::is_loaded(self.case.name),
            "insmod succeeded, and the module is not loaded"
        );
        if let Some(module) = self.loaded.take() {
            module.unload().doing("rmmod")?;
        }
        self.check_nothing_left().map_err(|trouble| match trouble {
            Trouble::Fail(what) => Trouble::fail(format!("after rmmod: {what}")),
            skip @ Trouble::Skip(_) => skip,
        })
    }

    fn check_nothing_left(&mut self) -> Verdict {
        let name = self.case.name;

        let modules = kernel_file::read("/proc/modules")?;
        let listed = modules.lines().find(|line| is_of(line, name));
        ensure!(listed.is_none(), "left in /proc/modules: {listed:?}");
        // A module's device, and its folder in debugfs, are called like it.
        for path in [
            format!("/sys/module/{name}"),
            format!("/sys/class/misc/{name}"),
            format!("/dev/{name}"),
            kernel_file::debugfs(name),
        ] {
            ensure!(!exists(&path)?, "{path} is left");
        }
        if name == "pwlocks" {
            let states = kernel_file::read(HOTPLUG_STATES)?;
            ensure!(
                !states.contains(HOTPLUG_STATE),
                "a state is left in {HOTPLUG_STATES}: {states}"
            );
        }
        let replaced = Replaced::now()?;
        ensure!(replaced.is_empty(), "still replaced: {replaced:?}");
        if let Some(before) = self.case.pwlocks {
            let mode = module::parameter("pwlocks", "pwlocks")?;
            ensure!(mode == before, "the mode was {before} and is {mode}");
        }
        Ok(())
    }
}

/// Whether a line of /proc/modules is about the module `name`.
fn is_of(line: &str, name: &str) -> bool {
    line.split(' ').next() == Some(name)
}

/// Whether there is something at `path`, be it a link to nothing.
fn exists(path: &str) -> Result<bool, Trouble> {
    match fs::symlink_metadata(Path::new(path)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).doing(path),
    }
}

#[cfg(test)]
mod tests {
    use super::{exists, is_of};

    #[test]
    fn lines_of_modules() {
        assert!(is_of("pwlocks 16384 0 - Live 0x0 (O)", "pwlocks"));
        assert!(!is_of("pwlocks_test 16384 0 - Live 0x0 (O)", "pwlocks"));
    }

    #[test]
    fn paths() {
        assert_eq!(exists("/proc/self"), Ok(true));
        assert_eq!(exists("/no/such/path"), Ok(false));
    }
}
