// SPDX-License-Identifier: GPL-2.0

//! QEMU's command line.

use std::path::Path;

use crate::accel::Accel;
use crate::atomics;
use crate::metadata::Prepared;
use crate::sandbox::Sandbox;
use crate::share::Share;
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
    /// How that is laid out.
    pub layout: Layout,
}

/// How a machine's memory is laid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layout {
    /// In one node.
    Plain,
    /// Half of it in each of two nodes, with all CPUs in the first. The second has one memory block
    /// more, plugged at boot: the kernel puts it online, or not, as `memhp_default_state=` says.
    TwoNodes,
}

/// Nothing is plugged in here, and for each place where it could be, the kernel interprets methods as it
/// boots: a seventh of what a debug kernel executes until then.
const NO_PCI_HOTPLUG: [&str; 4] = [
    "-global",
    "PIIX4_PM.acpi-root-pci-hotplug=off",
    "-global",
    "PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off",
];

/// MiB of a memory block on x86 machines that have less than 64 GiB.
const BLOCK: u32 = 128;

impl Machine {
    fn memory_arguments(&self) -> Vec<String> {
        let mem = self.mem;
        match self.layout {
            Layout::Plain => vec!["-m".to_owned(), mem.to_string()],
            Layout::TwoNodes => {
                let last_cpu = self.cpus - 1;
                let half = mem / 2;
                let memory = |id: &str, size: u32| {
                    format!("-object memory-backend-ram,id={id},size={size}M")
                };
                [
                    format!("-m {mem},slots=1,maxmem={}M", mem + BLOCK),
                    memory("near", half),
                    memory("far", mem - half),
                    memory("plugged", BLOCK),
                    format!("-numa node,nodeid=0,cpus=0-{last_cpu},memdev=near"),
                    "-numa node,nodeid=1,memdev=far".to_owned(),
                    "-device pc-dimm,memdev=plugged,node=1".to_owned(),
                ]
                .iter()
                .flat_map(|option| option.split(' '))
                .map(str::to_owned)
                .collect()
            }
        }
    }
}

/// Where the machine's two serial ports go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ports {
    /// Into the files [`CONSOLE`] and [`RESULT`].
    Files,
    /// The first to the terminal, the second nowhere.
    Terminal,
}

/// QEMU with `kernel` and the initrd in `folder`, which also takes the logs. With `counter`, the plugin,
/// the guest can read how many atomic instructions it executes; that takes an emulated machine.
pub fn sandbox(
    kernel: &Prepared,
    folder: &Path,
    machine: Machine,
    counter: Option<&Path>,
    shares: &[Share],
    ports: Ports,
    arguments: &str,
) -> Sandbox {
    let mut argv = vec!["qemu-system-x86_64"];
    argv.extend(machine.accel.arguments());
    let cpus = machine.cpus.to_string();
    let memory = machine.memory_arguments();
    argv.extend(["-smp", &cpus]);
    argv.extend(memory.iter().map(String::as_str));
    argv.extend(NO_PCI_HOTPLUG);
    argv.extend([
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
    ]);
    let counting = counter.map(|_| atomics::arguments());
    argv.extend(counting.iter().flatten().map(String::as_str));
    let shared: Vec<_> = shares.iter().flat_map(Share::arguments).collect();
    argv.extend(shared.iter().map(String::as_str));
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
    let clock = tsc::arguments(machine.accel, kernel.hz());
    let locked = counter.map(|_| atomics::KERNEL_ARGUMENT.to_owned());
    let own = (!arguments.is_empty()).then(|| arguments.to_owned());
    let kernels = kernel.argument.map(str::to_owned);
    let all: Vec<_> = fixed
        .into_iter()
        .chain(clock)
        .chain(locked)
        .chain(kernels)
        .chain(own)
        .collect();
    let append = all.join(" ");
    argv.extend(["-append", &append]);
    let sandbox = Sandbox::in_root(&kernel.root, argv)
        .read_only(kernel.image(), "/mnt/vmlinuz")
        .writable(folder, "/mnt/guest");
    let sandbox = shares
        .iter()
        .fold(sandbox, |sandbox, share| share.show(sandbox));
    match counter {
        Some(plugin) => sandbox.read_only(plugin, atomics::TARGET),
        None => sandbox,
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Machine};
    use crate::accel::Accel;

    fn memory(layout: Layout) -> String {
        let machine = Machine {
            accel: Accel::Tcg,
            cpus: 4,
            mem: 1024,
            layout,
        };
        machine.memory_arguments().join(" ")
    }

    #[test]
    fn the_nodes_share_the_memory_and_one_has_a_block_more() {
        assert_eq!(memory(Layout::Plain), "-m 1024");
        assert_eq!(
            memory(Layout::TwoNodes),
            "-m 1024,slots=1,maxmem=1152M \
             -object memory-backend-ram,id=near,size=512M \
             -object memory-backend-ram,id=far,size=512M \
             -object memory-backend-ram,id=plugged,size=128M \
             -numa node,nodeid=0,cpus=0-3,memdev=near -numa node,nodeid=1,memdev=far \
             -device pc-dimm,memdev=plugged,node=1"
        );
    }
}
