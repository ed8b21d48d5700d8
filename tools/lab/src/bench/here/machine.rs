// SPDX-License-Identifier: GPL-2.0

//! What can be seen of the machine before anything is done to it.

use std::fs;
use std::io;
use std::path::Path;

use guest_plan::cpulist;

use crate::bench::here::interrupt::Interrupt;
use crate::bench::here::oslat::Oslat;

/// Modules that measuring loads: with one of them loaded already, it would not be known what is measured.
const MODULES: [&str; 6] = [
    "kmalloc_bench",
    "mm_swap_demo",
    "mm_swap_live",
    "pwlocks_test",
    "pwlocks",
    "brd",
];

/// The bit of CAP_SYS_MODULE (`include/uapi/linux/capability.h`).
const CAP_SYS_MODULE: u32 = 16;

/// Functions that are there for BPF programs to be attached to, as they begin. systemd attaches some, which
/// is in nobody's way.
const HOOK: &str = "bpf_lsm_";

/// The machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Machine {
    /// The kernel's release.
    pub release: String,
    /// Which build of it this is, as `uname -v` has it.
    pub version: String,
    /// Its command line.
    pub command_line: String,
    /// The CPUs that are online.
    pub online: Vec<usize>,
    /// Those that are isolated.
    pub isolated: Vec<usize>,
    /// Those of [`MODULES`] that are loaded, each before those that it needs.
    pub loaded: Vec<&'static str>,
    /// Whether this process may load modules.
    pub may_load: bool,
    /// What the kernel is locked down for, if it is.
    pub lockdown: Option<String>,
    /// Whether it takes modules only with a signature that it knows.
    pub wants_signatures: bool,
    /// Whether debugfs is mounted.
    pub has_debugfs: bool,
    /// The kernel's tracers; none if tracefs is not mounted.
    pub tracers: Option<String>,
    /// Functions of the kernel that somebody traces or has replaced.
    pub traced: Vec<String>,
    /// The clock that times are read from.
    pub clocksource: String,
    /// Interrupts of devices that come in on the isolated CPU that is measured.
    pub interrupts: Vec<Interrupt>,
    /// What it has of oslat.
    pub oslat: Oslat,
}

impl Machine {
    /// Looks at it. `root` is where its files are.
    pub fn look(root: &Path) -> io::Result<Self> {
        let read = |path: &str| {
            fs::read_to_string(root.join(path))
                .map(|text| text.trim().to_owned())
                .map_err(|error| io::Error::other(format!("read /{path}: {error}")))
        };
        let list = |name: &str| {
            let path = format!("sys/devices/system/cpu/{name}");
            let text = read(&path)?;
            cpulist::parse(&text).ok_or_else(|| io::Error::other(format!("/{path} is {text:?}")))
        };
        let is_loaded =
            |name: &&str| fs::exists(root.join(format!("sys/module/{name}"))).unwrap_or(true);
        let sig_enforce = read("sys/module/module/parameters/sig_enforce");
        // Nothing but these three may be missing on a kernel that can be measured.
        let lockdown = read("sys/kernel/security/lockdown").unwrap_or_default();
        let traced = read("sys/kernel/tracing/enabled_functions").unwrap_or_default();
        let (online, isolated) = (list("online")?, list("isolated")?);
        let measured = last_of(&isolated, &online);
        let interrupts = measured.map(|cpu| Interrupt::on(root, cpu)).transpose()?;
        let clocksource = "sys/devices/system/clocksource/clocksource0/current_clocksource";
        Ok(Self {
            release: read("proc/sys/kernel/osrelease")?,
            version: read("proc/sys/kernel/version")?,
            command_line: read("proc/cmdline")?,
            online,
            isolated,
            loaded: MODULES.into_iter().filter(is_loaded).collect(),
            may_load: may_load(&read("proc/self/status")?),
            lockdown: locked_down(&lockdown),
            wants_signatures: sig_enforce.is_ok_and(|value| value == "Y"),
            has_debugfs: fs::exists(root.join("sys/kernel/debug/sched"))?,
            tracers: read("sys/kernel/tracing/available_tracers").ok(),
            traced: functions(&traced),
            clocksource: read(clocksource)?,
            interrupts: interrupts.unwrap_or_default(),
            oslat: Oslat::look(root)?,
        })
    }

    /// The CPU that is measured where one has to be isolated: the last, as the programs take.
    pub fn isolated_cpu(&self) -> Option<usize> {
        last_of(&self.isolated, &self.online)
    }

    /// The CPUs that have all the work, as the kernel writes them: those that are not isolated.
    pub fn others(&self) -> String {
        let others = self
            .online
            .iter()
            .filter(|cpu| !self.isolated.contains(cpu));
        cpulist::format(&others.copied().collect::<Vec<_>>())
    }

    /// Whether the kernel has this tracer.
    pub fn has_tracer(&self, name: &str) -> bool {
        let tracers = self.tracers.iter();
        tracers
            .flat_map(|tracers| tracers.split_whitespace())
            .any(|tracer| tracer == name)
    }
}

/// The last of the `isolated` CPUs that is `online`.
fn last_of(isolated: &[usize], online: &[usize]) -> Option<usize> {
    let isolated = isolated.iter().rev();
    isolated.copied().find(|cpu| online.contains(cpu))
}

/// Whether the process with this status has the capability.
fn may_load(status: &str) -> bool {
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    effective.is_some_and(|mask| mask & (1 << CAP_SYS_MODULE) != 0)
}

/// What `none [integrity] confidentiality` has in brackets, if that is not `none`.
fn locked_down(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    let (level, _) = rest.split_once(']')?;
    (level != "none").then(|| level.to_owned())
}

/// The names at the beginning of lines; further lines of a function are indented.
fn functions(enabled: &str) -> Vec<String> {
    enabled
        .lines()
        .filter(|line| !line.starts_with(char::is_whitespace))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| !name.starts_with(HOOK))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
pub mod tests {
    use std::fs;
    use std::path::Path;

    use super::Machine;
    use crate::bench::here::interrupt;
    use crate::bench::here::oslat::{self, Oslat};

    /// One that can be measured.
    pub fn machine() -> Machine {
        Machine {
            release: "7.2.12+deb13-rt-amd64".into(),
            version: "#1 SMP PREEMPT_RT Debian 7.2.12-1~bpo13+1 (2026-11-04)".into(),
            command_line: "quiet isolcpus=3".into(),
            online: vec![0, 1, 2, 3],
            isolated: vec![3],
            loaded: vec![],
            may_load: true,
            lockdown: None,
            wants_signatures: false,
            has_debugfs: true,
            tracers: Some("timerlat osnoise function nop".into()),
            traced: vec![],
            clocksource: "tsc".into(),
            interrupts: vec![],
            oslat: Oslat::Found("/usr/bin/oslat".into()),
        }
    }

    /// Files that look like those of [`machine`].
    fn files(root: &Path) {
        for (path, text) in [
            ("proc/sys/kernel/osrelease", "7.2.12+deb13-rt-amd64\n"),
            (
                "proc/sys/kernel/version",
                "#1 SMP PREEMPT_RT Debian 7.2.12-1~bpo13+1 (2026-11-04)\n",
            ),
            ("proc/cmdline", "quiet isolcpus=3\n"),
            (
                "proc/self/status",
                "Name:\tx\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n",
            ),
            ("sys/devices/system/cpu/online", "0-3\n"),
            ("sys/devices/system/cpu/isolated", "3\n"),
            (
                "sys/devices/system/clocksource/clocksource0/current_clocksource",
                "tsc\n",
            ),
            ("sys/kernel/security/lockdown", "[none] integrity\n"),
            ("sys/kernel/debug/sched/debug", ""),
            (
                "sys/kernel/tracing/available_tracers",
                "timerlat osnoise function nop\n",
            ),
            (
                "sys/kernel/tracing/enabled_functions",
                "bpf_lsm_file_open (1) \tD\n\tdirect-->x\n",
            ),
            ("sys/module/module/parameters/sig_enforce", "N\n"),
        ] {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        interrupt::tests::put(root, 24, "virtio0-requests", "0\n", 0o644);
        oslat::tests::put(root, "usr/bin", "--bucket-width");
    }

    #[test]
    fn a_machine_is_what_its_files_say() {
        let root = tempfile::tempdir().unwrap();
        files(root.path());
        let seen = Machine::look(root.path()).unwrap();
        let oslat = root.path().join("usr/bin/oslat");
        assert_eq!(seen.oslat, Oslat::Found(oslat));
        let oslat = machine().oslat;
        assert_eq!(Machine { oslat, ..seen }, machine());
        assert_eq!(machine().isolated_cpu(), Some(3));
        assert!(machine().has_tracer("osnoise") && !machine().has_tracer("no"));
    }

    #[test]
    fn what_is_in_the_way_is_seen() {
        let root = tempfile::tempdir().unwrap();
        files(root.path());
        let write = |path: &str, text: &str| fs::write(root.path().join(path), text).unwrap();
        write("sys/kernel/security/lockdown", "none [integrity]\n");
        write("sys/module/module/parameters/sig_enforce", "Y\n");
        write("proc/self/status", "CapEff:\t00000000a80425fb\n");
        write(
            "sys/kernel/tracing/enabled_functions",
            "lru_add_drain_all (1) \tD\n",
        );
        interrupt::tests::put(root.path(), 24, "virtio0-requests", "3\n", 0o644);
        for module in ["pwlocks", "mm_swap_live"] {
            fs::create_dir(root.path().join("sys/module").join(module)).unwrap();
        }
        let machine = Machine::look(root.path()).unwrap();
        assert_eq!(machine.lockdown.as_deref(), Some("integrity"));
        assert!(machine.wants_signatures && !machine.may_load);
        assert_eq!(machine.loaded, ["mm_swap_live", "pwlocks"]);
        assert_eq!(machine.traced, ["lru_add_drain_all"]);
        assert_eq!(machine.interrupts[0].number, 24);
    }

    #[test]
    fn what_is_not_mounted_is_not_there() {
        let root = tempfile::tempdir().unwrap();
        files(root.path());
        fs::remove_dir_all(root.path().join("sys/kernel")).unwrap();
        let machine = Machine::look(root.path()).unwrap();
        assert!(!machine.has_debugfs);
        assert_eq!((machine.tracers, machine.lockdown), (None, None));
    }

    #[test]
    fn an_isolated_cpu_that_is_offline_is_none() {
        let mut machine = machine();
        machine.isolated = vec![2, 9];
        assert_eq!(machine.isolated_cpu(), Some(2));
        machine.online = vec![0, 1];
        assert_eq!(machine.isolated_cpu(), None);
        machine.online = vec![0, 1, 2, 4, 5, 9];
        assert_eq!(machine.others(), "0-1,4-5");
    }
}
