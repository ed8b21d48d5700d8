// SPDX-License-Identifier: GPL-2.0

//! With what, on what and when it was measured.

use std::env;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::SystemTime;

use serde::Serialize;

use crate::bench::plan::Amount;
use crate::failure::{During, Result};
use crate::job::Job;
use crate::lab::Lab;
use crate::sandbox::Sandbox;

/// Variables that change what is measured or how.
const VARIABLES: [&str; 5] = ["KERNEL", "ACCEL", "CPUS", "MEM", "JOBS"];

/// All of it that is the same for every guest.
#[derive(Clone, Debug, Serialize)]
pub struct Circumstances {
    /// When the report was written, in UTC.
    pub date: String,
    /// What the user called.
    pub command: String,
    /// QEMU's version.
    pub qemu: String,
    /// The machine that guests ran on.
    pub host: Host,
}

/// A machine.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Host {
    /// Its processor.
    pub cpu: String,
    /// How many CPUs this may use.
    pub cpus: usize,
    /// Its memory in MiB.
    pub memory_mib: u64,
    /// Its kernel.
    pub kernel: String,
}

impl Circumstances {
    /// Those of this run, whose QEMU is the one in `root`.
    pub fn find(lab: &Lab, root: &Path, amount: Amount) -> Result<Self> {
        Ok(Self {
            date: now(),
            command: command(amount, |name| env::var(name).ok()),
            qemu: qemu(lab, root)?,
            host: Host::find()?,
        })
    }
}

/// This moment, in UTC.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

fn command(amount: Amount, variable: impl Fn(&str) -> Option<String>) -> String {
    let set = VARIABLES.iter().filter_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(format!(" {name}={value}"))
    });
    format!("make bench BENCH={amount}") + &set.collect::<String>()
}

/// The first line of what QEMU says of itself.
fn qemu(lab: &Lab, root: &Path) -> Result<String> {
    let step = "QEMU's version";
    let log = lab.project.log("qemu-version");
    let sandbox = Sandbox::in_root(root, ["qemu-system-x86_64", "--version"]);
    Job::new(step, &log).run_watched(&lab.ui, &lab.interrupt, sandbox, |_, _| {})?;
    let text = fs::read_to_string(&log).during(step)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

impl Host {
    fn find() -> Result<Self> {
        let read = |file| fs::read_to_string(file).during(format!("read {file}"));
        let cpuinfo = read("/proc/cpuinfo")?;
        let meminfo = read("/proc/meminfo")?;
        let kilobytes = value(&meminfo, "MemTotal").and_then(|text| text.split(' ').next());
        Ok(Self {
            cpu: value(&cpuinfo, "model name")
                .unwrap_or("unknown")
                .to_owned(),
            cpus: thread::available_parallelism().map_or(1, usize::from),
            memory_mib: kilobytes.and_then(|text| text.parse().ok()).unwrap_or(0) / 1024,
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        })
    }
}

/// The value of the first line `name: value`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim())
}

/// The version of the kernel whose log this is.
pub fn kernel_version(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("Linux version ")?;
    Some(rest.lines().next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{command, kernel_version, value};
    use crate::bench::plan::Amount;

    #[test]
    fn the_command_can_be_given_again() {
        let with = |set: &[(&str, &str)]| {
            command(Amount::Quick, |name| {
                let set = set.iter().find(|(known, _)| *known == name);
                set.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]), "make bench BENCH=quick");
        assert_eq!(
            with(&[("CPUS", ""), ("KERNEL", "7.3"), ("HOME", "/root")]),
            "make bench BENCH=quick KERNEL=7.3"
        );
    }

    #[test]
    fn values_are_found_by_their_whole_name() {
        let text = "model\t\t: 85\nmodel name\t: Some CPU @ 2.00GHz\nmodel name\t: other\n";
        assert_eq!(value(text, "model name"), Some("Some CPU @ 2.00GHz"));
        assert_eq!(value(text, "MemTotal"), None);
    }

    #[test]
    fn a_kernels_log_has_its_version() {
        let log =
            "[    0.000000] Linux version 7.2.12+deb13-amd64 (gcc-14) #1 SMP\r\n[ 0.0] Command\n";
        assert_eq!(
            kernel_version(log).unwrap(),
            "7.2.12+deb13-amd64 (gcc-14) #1 SMP"
        );
        assert_eq!(kernel_version("SeaBIOS"), None);
    }
}
