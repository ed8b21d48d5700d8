// SPDX-License-Identifier: GPL-2.0

//! The part of `make run` that is about the running kernel's own drains.

use std::path::Path;
use std::time::Duration;

use guest_plan::plan::{PROGRAMS_DIR, Plan, PlanStep};

use crate::accel::Accel;
use crate::demonstration::{demonstrate, failed, step};
use crate::failure::Result;
use crate::guest::{Boot, Layout, Machine};
use crate::lab::Lab;
use crate::live_row::{LiveRow, Subject, contradictions};
use crate::matrix::isolation_arguments;
use crate::metadata::Prepared;
use crate::stock_modules;

const PROGRAM: &str = "triggers";

/// Seconds for the program with one subject, and for the boot.
const PROGRAM_S: u64 = 240;
const BOOT_S: u64 = 120;

/// Beside the isolation. The plugged block of memory is for the program to put online and offline.
/// khugepaged drains all CPUs on its own account every ten seconds, which would be counted as the
/// doing of whatever request was under way.
const ARGUMENTS: &str = "memhp_default_state=offline transparent_hugepage=never";

/// Measures the kernel as it is, with the module and mode 0, and with mode 1, in one guest: the
/// times of one boot compare best. The second value is what contradicts the claim.
pub fn rows(
    lab: &Lab,
    kernel: &Prepared,
    modules: &Path,
    programs: &Path,
    accel: Accel,
) -> Result<(Vec<LiveRow>, Vec<String>)> {
    let stock_modules = stock_modules::get(lab, kernel)?;
    let boot = boot(lab, kernel, modules, &stock_modules, programs, accel);
    let outcome = demonstrate(lab, &boot)?;
    let mut rows = Vec::new();
    let mut found = Vec::new();
    for subject in Subject::ALL {
        let name = step_name(subject);
        let of_subject = LiveRow::find(&step(&outcome, &boot, &name)?.lines)
            .map_err(|cause| failed(&boot, &outcome, &name, &cause))?;
        found.extend(contradictions(&of_subject, &kernel.release, subject));
        rows.extend(of_subject);
    }
    Ok((rows, found))
}

fn step_name(subject: Subject) -> String {
    match subject.mode() {
        Some(mode) => format!("{}-{mode}", subject.name()),
        None => subject.name().to_owned(),
    }
}

fn boot<'a>(
    lab: &Lab,
    kernel: &'a Prepared,
    modules: &'a Path,
    stock_modules: &'a Path,
    programs: &'a Path,
    accel: Accel,
) -> Boot<'a> {
    let cpus = lab.options.cpus;
    let isolated = cpus - 1;
    let steps = Subject::ALL.map(|subject| {
        let isolated = ("PWLOCKS_ISOLATED".to_owned(), isolated.to_string());
        let name = ("PWLOCKS_SUBJECT".to_owned(), subject.name().to_owned());
        let mode = subject
            .mode()
            .map(|mode| ("PWLOCKS_PARAM".to_owned(), mode.to_string()));
        PlanStep {
            name: step_name(subject),
            argv: vec![format!("{PROGRAMS_DIR}/{PROGRAM}")],
            env: [isolated, name].into_iter().chain(mode).collect(),
            timeout_s: PROGRAM_S,
        }
    });
    Boot {
        name: format!("{}-live", kernel.release.name),
        kernel,
        modules: vec![modules, stock_modules],
        programs,
        modprobe: false,
        extras: Vec::new(),
        plan: Plan {
            steps: steps.into(),
            interactive: false,
        },
        arguments: format!("{} {ARGUMENTS}", isolation_arguments(isolated)),
        machine: Machine {
            accel,
            cpus,
            mem: lab.options.mem,
            layout: Layout::TwoNodes,
        },
        counter: None,
        shares: Vec::new(),
        silence: None,
        limit: Duration::from_secs(Subject::ALL.len() as u64 * PROGRAM_S + BOOT_S),
    }
}
