// SPDX-License-Identifier: GPL-2.0

//! QEMU's command line.

use std::path::Path;

use crate::accel::Accel;
use crate::metadata::Prepared;
use crate::sandbox::Sandbox;
use crate::tsc;

/// Files of a guest's folder.
pub const CONSOLE: &str = "console.log";
pub const RESULT: &str = "result.log";
pub const INITRD: &str = "initrd";

/// The virtual machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// How its CPUs are made.
    pub accel: Accel,
    /// How many it has.
    pub cpus: u32,
    /// Its memory in MiB.
    pub mem: u32,
}

/// Where the machine's two serial ports go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ports {
    /// Into the files [`CONSOLE`] and [`RESULT`].
    Files,
    /// The first to the terminal, the second nowhere.
    Terminal,
}

/// QEMU with `kernel` and the initrd in `folder`, which also takes the logs.
pub fn sandbox(
    kernel: &Prepared,
    folder: &Path,
    machine: Machine,
    ports: Ports,
    arguments: &str,
) -> Sandbox {
    let mut argv = vec!["qemu-system-x86_64"];
    argv.extend(machine.accel.arguments());
    let cpus = machine.cpus.to_string();
    let mem = machine.mem.to_string();
    argv.extend(["-smp", &cpus, "-m", &mem]);
    argv.extend([
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
    ]);
    let console = format!("file:/mnt/guest/{CONSOLE}");
    let result = format!("file:/mnt/guest/{RESULT}");
    match ports {
        Ports::Files => argv.extend(["-serial", &console, "-serial", &result]),
        Ports::Terminal => argv.extend(["-serial", "mon:stdio"]),
    }
    let initrd = format!("/mnt/guest/{INITRD}");
    argv.extend(["-kernel", "/mnt/vmlinuz", "-initrd", &initrd]);
    // An oops is a panic: what comes after it proves nothing, and the guest might hang.
    // -1: restart at once after a panic, which -no-reboot turns into QEMU's end.
    let fixed = [
        "console=ttyS0",
        "oops=panic",
        "panic=-1",
        "printk.devkmsg=on",
    ]
    .map(str::to_owned);
    let clock = tsc::arguments(machine.accel);
    let own = (!arguments.is_empty()).then(|| arguments.to_owned());
    let all: Vec<_> = fixed.into_iter().chain(clock).chain(own).collect();
    let append = all.join(" ");
    argv.extend(["-append", &append]);
    Sandbox::in_root(&kernel.root, argv)
        .read_only(kernel.image(), "/mnt/vmlinuz")
        .writable(folder, "/mnt/guest")
}
