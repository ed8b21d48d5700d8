// SPDX-License-Identifier: GPL-2.0

//! The values of `pwlocks=`, and what they mean on this kernel.

use crate::{
    cpulist, environment,
    ktap::{Trouble, nothing_tested},
    module,
};
use std::process::ExitCode;

/// What the module's message about a refused value lists.
pub const ACCEPTED: &str = "0, 1, off, on, n, y, auto";

/// What asks for local mode.
pub const LOCAL: &[&str] = &["0", "off", "n", "N"];
/// What asks for remote mode.
pub const REMOTE: &[&str] = &["1", "on", "y", "Y"];
/// What is no value.
pub const REFUSED: &[&str] = &[
    "2", "-1", "01", "00", "1x", "yes", "no", "true", "false", "On", "OFF", "Auto", "AUTO",
    "autox", "",
];

/// The reason that debugfs gives for a mode that `pwlocks=` names.
pub fn asked() -> &'static str {
    if environment::built_in() {
        "pwlocks= asks for it"
    } else {
        "built with CONFIG_PWLOCKS=n"
    }
}

/// What `auto` comes to here, by what the kernel says of its CPUs, and why.
pub fn auto() -> Result<(bool, &'static str), Trouble> {
    if !environment::built_in() {
        return Ok((false, "built with CONFIG_PWLOCKS=n"));
    }
    // Both nohz_full= and isolcpus=nohz end up in the first.
    if !cpulist::read("nohz_full")?.is_empty() {
        return Ok((true, "auto: nohz_full= or isolcpus=nohz isolates CPUs"));
    }
    if !cpulist::read("isolated")?.is_empty() {
        return Ok((
            true,
            "auto: isolcpus=domain or a cpuset partition isolates CPUs",
        ));
    }
    Ok((false, "auto: no CPU is isolated"))
}

/// What a test called `name` ends with at once where it can't load pwlocks itself, in each mode.
pub fn loader(name: &str) -> Option<ExitCode> {
    let cause = if module::is_loaded("pwlocks") {
        "pwlocks is loaded, and this loads it in each mode; rmmod it first"
    } else if !module::file("pwlocks").is_some_and(|file| file.exists()) {
        "PWLOCKS_MODULES names no folder with pwlocks.ko"
    } else {
        return None;
    };

    Some(nothing_tested(name, Trouble::skip(cause)))
}
