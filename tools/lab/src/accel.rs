// SPDX-License-Identifier: GPL-2.0

//! Whether guests run on KVM or on QEMU's emulator.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::Duration;

use guest_plan::plan::Plan;

use crate::cli::AccelWish;
use crate::failure::{During, Failure, Kind, Result};
use crate::guest::{self, Boot, Layout, Machine};
use crate::lab::Lab;
use crate::metadata::Prepared;

/// How a guest's CPUs are made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accel {
    /// The processor's own virtualization.
    Kvm,
    /// Emulation with a host thread per CPU.
    Tcg,
    /// Emulation that counts: the clock advances by one per instruction.
    Icount,
}

impl Accel {
    /// QEMU's arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Kvm => &["-accel", "kvm", "-cpu", "host"],
            Self::Tcg => &["-accel", "tcg,thread=multi", "-cpu", "max"],
            Self::Icount => &[
                "-accel",
                "tcg",
                "-icount",
                "shift=0,sleep=off",
                "-cpu",
                "max",
            ],
        }
    }
}

/// A probe boot that takes longer than this has failed. Where KVM works it takes a second.
const PROBE_LIMIT: Duration = Duration::from_secs(20);

/// What the user wants, or what works here if that is left open.
///
/// That /dev/kvm opens proves nothing: a nested one may open and then hang. So a guest is booted,
/// and what came out is remembered until the machine boots again.
pub fn choose(lab: &Lab, kernel: &Prepared, programs: &Path) -> Result<Accel> {
    match lab.options.accel {
        AccelWish::Kvm => return Ok(Accel::Kvm),
        AccelWish::Tcg => return Ok(Accel::Tcg),
        AccelWish::Auto => {}
    }
    if OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_err()
    {
        return Ok(Accel::Tcg);
    }
    let step = "accelerator: probe KVM";
    let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").during(step)?;
    let known = lab.store.base().join("accel").join(boot_id.trim());
    match fs::read_to_string(&known).as_deref() {
        Ok("kvm") => return Ok(Accel::Kvm),
        Ok("tcg") => return Ok(Accel::Tcg),
        _ => {}
    }
    let bar = lab.ui.step(step, None);
    let works = probe(lab, kernel, programs)?;
    let (accel, word) = if works {
        (Accel::Kvm, "kvm")
    } else {
        (Accel::Tcg, "tcg")
    };
    if let Some(folder) = known.parent() {
        fs::create_dir_all(folder).during(step)?;
    }
    // Half a word is no known word, so this needs no rename.
    fs::write(&known, word).during(step)?;
    bar.done(if works {
        "works"
    } else {
        "does not boot this kernel; using TCG"
    });
    Ok(accel)
}

fn probe(lab: &Lab, kernel: &Prepared, programs: &Path) -> Result<bool> {
    let boot = Boot {
        name: format!("probe-kvm-{}", kernel.release.name),
        kernel,
        modules: Vec::new(),
        programs,
        modprobe: false,
        extras: Vec::new(),
        plan: Plan::default(),
        arguments: String::new(),
        machine: Machine {
            accel: Accel::Kvm,
            cpus: lab.options.cpus,
            mem: lab.options.mem,
            layout: Layout::Plain,
        },
        counter: None,
        shares: Vec::new(),
        silence: None,
        limit: PROBE_LIMIT,
    };
    match guest::run(lab, &boot, |_| {}) {
        Ok(outcome) => Ok(outcome.death.is_none()),
        Err(Failure {
            kind: Kind::Step, ..
        }) => Ok(false),
        Err(failure) => Err(failure),
    }
}
