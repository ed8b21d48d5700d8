// SPDX-License-Identifier: GPL-2.0

//! `make check-here`: `make bench-here`, whole, in an emulated machine that runs a stock kernel.
//!
//! The machine's files are those of this one, by 9p, so that it has the project, the cache and what the
//! command needs of the system. All that it builds is built here before: the machine finds it by its keys.

mod judge;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guest_plan::cpulist;
use guest_plan::plan::{Plan, PlanStep};

use crate::accel;
use crate::bench::here;
use crate::failure::{During, Ended, Failure, Result};
use crate::guest::{self, Boot, Layout, Machine};
use crate::kernels;
use crate::lab::Lab;
use crate::matrix::isolation_arguments;
use crate::metadata::Prepared;
use crate::packaged::OSLAT;
use crate::share::Share;
use crate::stock_modules::{self, SHARES};
use crate::tally::Tally;
use crate::userland;

/// What its steps are called.
const ENTER: &str = "enter";
const MEASURE: &str = "make-bench-here";
const COLLECT: &str = "collect";

/// Seconds that they may take, and the boot.
const ENTER_S: u64 = 120;
const MEASURE_S: u64 = 3600;
const COLLECT_S: u64 = 120;
const BOOT_S: u64 = 120;

/// How long the machine may say nothing: longer than any program may take.
const SILENCE: Duration = Duration::from_secs(900);

/// MiB of memory that it has at least: for what measures, and for the files that are changed.
const MEM: u32 = 4096;

/// Makes its root folder.
const ENTER_SCRIPT: &str = include_str!("check_here/enter.sh");

/// Leaves what came of the command, but for modules and the like, which are in folders.
const COLLECT_SCRIPT: &str = "cp \"$1$2\"/build/bench-here/*.* \"$3\"";

/// The folder that becomes its root, and the one that it leaves files in.
const ROOT: &str = "/machine";
const OUT: &str = "/out";

/// What of the user's environment the command goes by.
const VARIABLES: [&str; 7] = [
    "HOME",
    "PATH",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "XDG_CACHE_HOME",
    "PWLOCKS_CACHE",
    "PWLOCKS_MIRROR",
];

/// Runs it with each kernel that was chosen; the last line on standard output is the sum of its tests.
pub fn run(lab: &Lab) -> Result<Ended> {
    let kernels = kernels::get(lab)?;
    let Some(first) = kernels.first() else {
        return Err(Failure::step("check-here", "no kernel to test on"));
    };
    let programs = userland::get(lab, &first.root)?;
    let mut tally = Tally::default();
    for kernel in &kernels {
        here::build(lab, kernel)?;
        tally.add(measure(lab, kernel, &programs)?);
    }
    for failure in &tally.failures {
        lab.ui.print(&format!("not ok {failure}"));
    }
    lab.ui.print(&tally.to_string());
    Ok(tally.ended())
}

/// Runs it with `kernel`.
fn measure(lab: &Lab, kernel: &Prepared, programs: &Path) -> Result<Tally> {
    let name = format!("{}-here", kernel.release.name);
    let step = format!("guest {name}");
    let out = lab
        .project
        .build()
        .join("check-here")
        .join(&kernel.release.name);
    if out.exists() {
        fs::remove_dir_all(&out).during(&step)?;
    }
    fs::create_dir_all(&out).during(&step)?;
    let modules = stock_modules::get_these(lab, kernel, &SHARES)?;
    let cpus = lab.options.cpus;
    let boot = Boot {
        name,
        kernel,
        modules: vec![&modules],
        programs,
        modprobe: false,
        extras: OSLAT.get(lab, &kernel.root)?,
        plan: plan(lab.project.folder(), programs, |name| env::var(name).ok()),
        arguments: arguments(cpus),
        machine: Machine {
            accel: accel::choose(lab, kernel, programs)?,
            cpus,
            mem: lab.options.mem.max(MEM),
            layout: Layout::TwoNodes,
        },
        counter: None,
        shares: vec![share("machine", "/", false), share("out", &out, true)],
        silence: Some(SILENCE),
        limit: Duration::from_secs(ENTER_S + MEASURE_S + COLLECT_S + BOOT_S),
    };
    let bar = lab.ui.step(&step, None);
    let outcome = guest::run(lab, &boot, |line| bar.message(line))?;
    let mut tally = judge::judge(&outcome, &judge::Expected::of(kernel, cpus), &out);
    for failure in &mut tally.failures {
        *failure = format!("{}: {failure}", boot.name);
    }
    bar.done(&format!("{tally}; {}", out.display()));
    Ok(tally)
}

fn share(tag: &'static str, folder: impl Into<PathBuf>, writable: bool) -> Share {
    Share {
        tag,
        folder: folder.into(),
        writable,
    }
}

/// Its kernel arguments: those by which `make bench-here` tells users to isolate a CPU, its last.
fn arguments(cpus: u32) -> String {
    let isolated = cpus - 1;
    let others: Vec<_> = (0..isolated as usize).collect();
    format!(
        "{} irqaffinity={}",
        isolation_arguments(isolated),
        cpulist::format(&others)
    )
}

/// What it does, with the project in `project` and with the programs that measure in `programs`.
fn plan(project: &Path, programs: &Path, variable: impl Fn(&str) -> Option<String>) -> Plan {
    let project = project.display().to_string();
    let step = |name: &str, argv: Vec<String>, timeout_s| PlanStep {
        name: name.to_owned(),
        argv,
        env: BTreeMap::new(),
        timeout_s,
    };
    let script = |text: &str, arguments: &[&str]| -> Vec<String> {
        let fixed = ["sh", "-c", text, "sh"];
        fixed
            .iter()
            .chain(arguments)
            .map(ToString::to_string)
            .collect()
    };
    let programs = programs.display().to_string();
    let set = VARIABLES
        .iter()
        .filter_map(|name| Some(format!("{name}={}", variable(name)?)));
    // Nothing of what guests of ours are told: this is a machine like any other.
    let mut command: Vec<_> = ["busybox", "chroot", ROOT, "env", "-i"]
        .map(str::to_owned)
        .into();
    command.extend(set);
    command.extend(["make", "-C", &project, "bench-here", "BENCH=quick"].map(str::to_owned));
    let enter: Vec<&str> = [ROOT, OUT, &project, &programs]
        .into_iter()
        .chain(SHARES)
        .collect();
    Plan {
        steps: vec![
            step(ENTER, script(ENTER_SCRIPT, &enter), ENTER_S),
            step(MEASURE, command, MEASURE_S),
            step(
                COLLECT,
                script(COLLECT_SCRIPT, &[ROOT, &project, OUT]),
                COLLECT_S,
            ),
        ],
        interactive: false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{OUT, ROOT, SHARES, arguments, plan};

    #[test]
    fn the_last_cpu_is_isolated_and_interrupts_come_in_on_the_others() {
        assert_eq!(
            arguments(4),
            "isolcpus=nohz,domain,managed_irq,3 nohz_full=3 rcu_nocbs=3 irqaffinity=0-2"
        );
        assert!(arguments(2).ends_with("rcu_nocbs=1 irqaffinity=0"));
    }

    #[test]
    fn the_command_is_the_users_with_nothing_of_a_guest() {
        let variable = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        let plan = plan(Path::new("/src/p"), Path::new("/cache/programs"), variable);
        assert_eq!(
            plan.steps[1].argv.join(" "),
            "busybox chroot /machine env -i HOME=/root make -C /src/p bench-here BENCH=quick"
        );
        let enter = &plan.steps[0].argv[3..];
        assert_eq!(enter[..5], ["sh", ROOT, OUT, "/src/p", "/cache/programs"]);
        assert_eq!(enter[5..], SHARES);
    }
}
