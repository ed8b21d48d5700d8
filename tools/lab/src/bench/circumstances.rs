// SPDX-License-Identifier: GPL-2.0

//! With what, on what and when it was measured.

use std::env;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::SystemTime;

use serde::Serialize;

use crate::bench::here::machine::Machine;
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
    /// QEMU's version, where there were guests.
    pub qemu: Option<String>,
    /// The machine that guests ran on, or that was measured itself.
    pub host: Host,
    /// How it was booted, if it was measured itself.
    pub here: Option<Here>,
}

/// What figures of the machine itself depend on, beside what it is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Here {
    /// Its kernel's command line.
    pub command_line: String,
    /// The isolated CPU that was measured.
    pub isolated_cpu: Option<usize>,
    /// The clock that times are read from.
    pub clocksource: String,
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
    /// Whose virtual machine it is, if it says that it is one.
    pub hypervisor: Option<String>,
}

impl Circumstances {
    /// Those of this run, whose QEMU is the one in `root`.
    pub fn find(lab: &Lab, root: &Path, amount: Amount) -> Result<Self> {
        Ok(Self {
            date: now(),
            command: command("bench", amount, |name| env::var(name).ok()),
            qemu: Some(qemu(lab, root)?),
            host: Host::find()?,
            here: None,
        })
    }

    /// Those of a run on the machine itself.
    pub fn of_machine(machine: &Machine, amount: Amount) -> Result<Self> {
        Ok(Self {
            date: now(),
            command: command("bench-here", amount, |_| None),
            qemu: None,
            host: Host::find()?,
            here: Some(Here {
                command_line: machine.command_line.clone(),
                isolated_cpu: machine.isolated_cpu(),
                clocksource: machine.clocksource.clone(),
            }),
        })
    }
}

/// This moment, in UTC.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

fn command(target: &str, amount: Amount, variable: impl Fn(&str) -> Option<String>) -> String {
    let set = VARIABLES.iter().filter_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(format!(" {name}={value}"))
    });
    format!("make {target} BENCH={amount}") + &set.collect::<String>()
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
            hypervisor: hypervisor(&cpuinfo, |file| fs::read_to_string(file).ok()),
        })
    }
}

/// Whose virtual machine this is, if the processor or the kernel says that it is one.
///
/// A hypervisor that hides is taken for none.
fn hypervisor(cpuinfo: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let flags = value(cpuinfo, "flags").unwrap_or_default();
    let kind = read("/sys/hypervisor/type");
    if kind.is_none() && !flags.split(' ').any(|flag| flag == "hypervisor") {
        return None;
    }
    let maker = || {
        let parts = ["sys_vendor", "product_name"];
        let parts = parts.map(|name| read(&format!("/sys/class/dmi/id/{name}")));
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let parts: Vec<_> = parts.iter().map(|part| part.trim()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let name = kind.map(|kind| kind.trim().to_owned()).or_else(maker);
    Some(name.unwrap_or_else(|| "one that gives no name".to_owned()))
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
    use super::{command, hypervisor, kernel_version, value};
    use crate::bench::plan::Amount;

    #[test]
    fn the_command_can_be_given_again() {
        let with = |set: &[(&str, &str)]| {
            command("bench", Amount::Quick, |name| {
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
    fn a_virtual_machine_is_called_one() {
        let none = |_: &str| None;
        assert_eq!(hypervisor("flags\t: fpu vme tsc\n", none), None);
        let guest = "flags\t: fpu hypervisor tsc\n";
        assert_eq!(
            hypervisor(guest, none).as_deref(),
            Some("one that gives no name")
        );
        let named = hypervisor(guest, |file| {
            let name = file.strip_prefix("/sys/class/dmi/id/")?;
            Some(format!("{name} of it\n"))
        });
        assert_eq!(
            named.as_deref(),
            Some("sys_vendor of it product_name of it")
        );
        // Xen has no such flag where the kernel knows of it.
        let xen = |file: &str| (file == "/sys/hypervisor/type").then(|| "xen\n".to_owned());
        assert_eq!(hypervisor("", xen).as_deref(), Some("xen"));
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
