// SPDX-License-Identifier: GPL-2.0

//! `make shell`: an interactive guest.

use std::time::Duration;

use guest_plan::plan::Plan;

use crate::accel;
use crate::failure::{During, Result};
use crate::guest::{self, Boot, Layout, Machine};
use crate::kernels;
use crate::lab::Lab;
use crate::modules;
use crate::qemu::{self, Ports};
use crate::userland;
use crate::variant::Variant;

/// Boots the first of the chosen kernels with a shell on this terminal.
pub fn run(lab: &Lab) -> Result<()> {
    let kernels = kernels::get(lab)?;
    let Some(kernel) = kernels.first() else {
        return Ok(());
    };
    let programs = userland::get(lab, &kernel.root)?;
    let modules = modules::get(lab, kernel, Variant::TESTED)?;
    let boot = Boot {
        name: "shell".into(),
        kernel,
        modules: vec![&modules],
        programs: &programs,
        modprobe: false,
        extras: Vec::new(),
        plan: Plan {
            interactive: true,
            ..Plan::default()
        },
        arguments: "quiet".into(),
        machine: Machine {
            accel: accel::choose(lab, kernel, &programs)?,
            cpus: lab.options.cpus,
            mem: lab.options.mem,
            layout: Layout::Plain,
        },
        counter: None,
        shares: Vec::new(),
        silence: None,
        limit: Duration::MAX,
    };
    let folder = guest::prepare(lab, &boot)?;
    let sandbox = qemu::sandbox(
        kernel,
        &folder,
        boot.machine,
        boot.counter,
        &boot.shares,
        Ports::Terminal,
        &boot.arguments,
    );
    lab.ui.command(&sandbox.display());
    // On the terminal as it is: QEMU makes it raw, so Ctrl-C goes to the guest.
    let status = sandbox.command()?.status().during("guest shell")?;
    if !status.success() {
        lab.ui
            .say(&format!("guest shell: QEMU ended with {status}"));
    }
    Ok(())
}
