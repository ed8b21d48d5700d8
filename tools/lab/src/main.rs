// SPDX-License-Identifier: GPL-2.0

//! The host program behind `make run`, `make check` and their relatives.

mod accel;
mod apt_sources;
#[cfg(test)]
mod assembled;
mod atomics;
mod audit;
mod audit_check;
mod audited;
mod bench;
mod build;
mod check;
mod check_debug;
mod check_here;
mod check_host;
mod check_mm;
mod clean;
mod cli;
mod compile_fail;
mod debian_version;
mod debug_kernel;
mod demonstration;
mod disk;
mod expected_bug;
mod failure;
mod flock;
mod guest;
mod guest_choice;
mod host_tests;
mod image;
mod index;
mod initramfs;
mod interrupt;
mod job;
mod kernel_choice;
mod kernels;
mod key;
mod kmod;
mod lab;
mod libraries;
mod lint;
mod live_demonstration;
mod live_row;
mod live_table;
mod matrix;
mod metadata;
mod mirror;
mod mm_selftests;
mod model;
mod module_file;
mod modules;
mod package_index;
mod packaged;
mod pan;
mod paths;
mod qemu;
mod refused_builds;
mod repeated;
mod report;
#[cfg(test)]
mod review;
mod root;
mod row;
mod rust_analyzer;
mod sandbox;
mod share;
mod shell;
mod soak;
mod source;
mod splat;
mod stale_translation;
mod stock_modules;
mod store;
mod stripped;
mod tail;
mod tally;
mod time_limit;
mod transcript;
mod tree_size;
mod tsc;
mod ui;
mod userland;
mod variant;
mod work_queue;

use std::env;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::failure::{During, Ended, Result};
use crate::flock::{FileLock, Mode};
use crate::interrupt::Interrupt;
use crate::lab::Lab;
use crate::paths::Project;
use crate::store::Store;
use crate::ui::Ui;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::InSandbox { description } = &cli.command {
        let status = sandbox::enter(description);
        return ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX));
    }
    match run(cli) {
        Ok(ended) => ExitCode::from(ended.exit_status()),
        Err(failure) => {
            eprintln!("pwlocks: {failure}");
            ExitCode::from(failure.kind.exit_status())
        }
    }
}

fn run(cli: Cli) -> Result<Ended> {
    let ui = Ui::new(cli.options.verbose);
    let interrupt = Interrupt::install().during("signals")?;
    let cache = paths::cache_folder(|name| env::var(name).ok())?;
    let lab = Lab {
        project: Project::find()?,
        store: Store::new(cache, ui.clone(), interrupt.clone()),
        ui,
        interrupt,
        options: cli.options,
    };
    match cli.command {
        Command::Run => with_cache(&lab, "make run", |lab| well(demonstration::run(lab))),
        Command::Check => with_cache(&lab, "make check", check::run),
        Command::CheckDebug {
            kernels,
            guests,
            minutes,
        } => with_cache(&lab, "make check-debug", |lab| {
            check_debug::run(lab, &kernels.0, &guests, minutes.0)
        }),
        Command::Soak {
            kernels,
            guests,
            minutes,
        } => with_cache(&lab, "make soak", |lab| match &kernels.0[..] {
            [] => soak::run(lab, &guests, minutes),
            kernels => check_debug::soak(lab, kernels, &guests, minutes),
        }),
        Command::Bench { amount } => with_cache(&lab, "make bench", |lab| bench::run(lab, amount)),
        Command::BenchHere { amount } => {
            with_cache(&lab, "make bench-here", |lab| bench::here::run(lab, amount))
        }
        Command::CheckModel => with_cache(&lab, "make check-model", model::run),
        Command::CheckHere => with_cache(&lab, "make check-here", check_here::run),
        Command::CheckMm => with_cache(&lab, "make check-mm", check_mm::run),
        Command::CheckHost if kernels::require_root().is_ok() => {
            with_cache(&lab, "make check-host", check_host::run)
        }
        Command::CheckHost => check_host::run_without_root(&lab),
        Command::Audit => with_cache(&lab, "make audit", audit::run),
        Command::Build => with_cache(&lab, "make build", |lab| well(build::run(lab))),
        Command::Shell => with_cache(&lab, "make shell", |lab| well(shell::run(lab))),
        Command::Lint => with_cache(&lab, "make lint", lint::run),
        Command::RustAnalyzer => with_cache(&lab, "make rust-analyzer", |lab| {
            well(rust_analyzer::run(lab))
        }),
        Command::Distclean => well(clean::distclean(&lab)),
        // Handled before there was a lab.
        Command::InSandbox { .. } => Ok(Ended::Well),
    }
}

fn well(done: Result<()>) -> Result<Ended> {
    done.map(|()| Ended::Well)
}

/// Runs a command that fills build/ and uses the cache.
fn with_cache(lab: &Lab, name: &str, command: impl FnOnce(&Lab) -> Result<Ended>) -> Result<Ended> {
    kernels::require_root()?;
    kernels::require_cache_folder(lab)?;
    let lock = lab.project.build().join(".lock");
    let _alone = FileLock::take(&lock, Mode::Exclusive, name, &lab.interrupt, |line| {
        lab.ui.say(line)
    })?;
    let _kept = lab.store.keep(name)?;
    let outcome = command(lab);
    // Also after a failure: what was fetched may have filled the cache.
    let pruned = kernels::prune(lab);
    let ended = outcome?;
    pruned?;
    Ok(ended)
}
