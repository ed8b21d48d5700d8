// SPDX-License-Identifier: GPL-2.0

//! `make check`: what `make check-host` runs, then every guest of the matrix.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::accel::{self, Accel};
use crate::atomics;
use crate::audit_check;
use crate::bench::gate;
use crate::check_host;
use crate::compile_fail;
use crate::failure::{Ended, Failure, Result};
use crate::guest::{self, Boot, Layout, Machine, Outcome};
use crate::initramfs::Extra;
use crate::kernels;
use crate::lab::Lab;
use crate::matrix::{self, EXPECTED_SKIPS, GuestSpec};
use crate::metadata::Prepared;
use crate::mm_selftests;
use crate::modules;
use crate::refused_builds;
use crate::report;
use crate::stock_modules;
use crate::tally::Tally;
use crate::time_limit::TimeLimit;
use crate::userland;
use crate::work_queue;

/// Seconds that a guest may need beside its programs.
const BOOT_S: u64 = 120;

/// How many guests that run for a set time take the place of one that does not.
const TIMED_AT_ONCE: usize = 2;

/// A guest that is ready to be booted.
#[derive(Clone)]
pub struct Job<'a> {
    /// What it is like.
    pub spec: GuestSpec,
    /// Its kernel.
    pub kernel: &'a Prepared,
    modules: PathBuf,
    /// Modules of the stock kernel, where the guest needs some.
    stock_modules: Option<PathBuf>,
    /// What only some guests have.
    extras: Vec<Extra>,
    /// What counts its atomic instructions, if it is to.
    counter: Option<PathBuf>,
    accel: Accel,
}

impl Job<'_> {
    /// What it is called, kernel and all.
    pub fn name(&self) -> String {
        format!("{}-{}", self.kernel.release.name, self.spec.name)
    }

    /// Its boot, with `programs` at hand.
    pub fn boot<'a>(&'a self, lab: &Lab, programs: &'a Path) -> Boot<'a> {
        let spec = &self.spec;
        let cpus = spec.cpus(lab.options.cpus);
        Boot {
            name: self.name(),
            kernel: self.kernel,
            modules: [&self.modules]
                .into_iter()
                .chain(&self.stock_modules)
                .map(PathBuf::as_path)
                .collect(),
            programs,
            modprobe: spec.modprobe,
            extras: self.extras.clone(),
            plan: spec.plan(cpus),
            arguments: spec.arguments(cpus),
            machine: Machine {
                accel: self.accel,
                cpus,
                mem: lab.options.mem.max(spec.mem),
                layout: if spec.live {
                    Layout::TwoNodes
                } else {
                    Layout::Plain
                },
            },
            counter: self.counter.as_deref(),
            shares: Vec::new(),
            silence: Some(Duration::from_secs(lab.options.hang_timeout.into()) * spec.patience),
            limit: Duration::from_secs(spec.timeout_s() + BOOT_S),
        }
    }
}

/// Runs all tests; the last line on standard output is their sum.
pub fn run(lab: &Lab) -> Result<Ended> {
    let mut tally = check_host::tests(lab)?;
    let kernels = kernels::get(lab)?;
    let Some(first) = kernels.first() else {
        return Err(Failure::step("check", "no kernel to test on"));
    };
    tally.add(refused_builds::run(lab, first)?);
    tally.add(compile_fail::run(lab, first)?);
    for kernel in &kernels {
        tally.add(audit_check::run(lab, kernel)?);
    }
    let programs = userland::get(lab, &first.root)?;
    let guests = kernels.iter().map(|kernel| {
        let flavour = kernel.release.flavour;
        let sabotages = matrix::sabotages()
            .into_iter()
            .filter(|sabotage| sabotage.flavour == flavour)
            .map(|sabotage| sabotage.guest);
        let guests = matrix::guests(flavour).into_iter().chain(sabotages);
        (kernel, guests.collect())
    });
    let jobs = jobs(lab, &programs, guests)?;
    let (timed, others): (VecDeque<_>, _) = jobs.into_iter().partition(|job| job.spec.is_timed());
    tally.add(run_jobs(lab, others, &programs, lab.options.jobs)?);
    tally.add(run_jobs(
        lab,
        timed,
        &programs,
        lab.options.jobs * TIMED_AT_ONCE,
    )?);
    let counted = std::mem::take(&mut tally.counted);
    tally.add(gate::run(lab, &kernels, &counted)?);
    report(lab, &tally)
}

/// Says what came of all tests, their sum last.
pub fn report(lab: &Lab, tally: &Tally) -> Result<Ended> {
    // Says something where it removes something, and after the sum nothing is to come.
    kernels::prune(lab)?;
    Ok(report::run(lab, tally))
}

/// The `guests` of some kernels, with their modules built; those that take longest
/// come first.
pub fn jobs<'a>(
    lab: &Lab,
    programs: &Path,
    guests: impl IntoIterator<Item = (&'a Prepared, Vec<GuestSpec>)>,
) -> Result<VecDeque<Job<'a>>> {
    let guests: Vec<_> = guests
        .into_iter()
        .flat_map(|(kernel, specs)| specs.into_iter().map(move |spec| (kernel, spec)))
        .collect();
    modules::build(
        lab,
        guests.iter().map(|(kernel, spec)| (*kernel, spec.variant)),
    )?;
    let mut jobs = guests
        .into_iter()
        .map(|(kernel, spec)| job(lab, kernel, programs, spec))
        .collect::<Result<Vec<_>>>()?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.spec.timeout_s()));
    Ok(jobs.into())
}

/// The guest `spec` of `kernel`, with its modules built.
pub fn job<'a>(
    lab: &Lab,
    kernel: &'a Prepared,
    programs: &Path,
    spec: GuestSpec,
) -> Result<Job<'a>> {
    Ok(Job {
        modules: modules::get(lab, kernel, spec.variant)?,
        stock_modules: spec
            .live
            .then(|| stock_modules::get(lab, kernel))
            .transpose()?,
        extras: extras(lab, kernel, programs, &spec)?,
        counter: spec
            .atomics
            .then(|| atomics::get(lab, &kernel.root))
            .transpose()?,
        accel: if spec.setting.counts() {
            Accel::Icount
        } else {
            accel::choose(lab, kernel, programs)?
        },
        spec,
        kernel,
    })
}

/// The files that `spec`'s guest has and others do not.
fn extras(lab: &Lab, kernel: &Prepared, programs: &Path, spec: &GuestSpec) -> Result<Vec<Extra>> {
    let started = spec.started.iter();
    let started = started.map(|name| Extra::program(programs, name));
    let mut extras: Vec<_> = started.collect();
    if let Some(packaged) = spec.packaged {
        extras.extend(packaged.get(lab, &kernel.root)?);
    }
    if spec.mm_selftests {
        extras.extend(mm_selftests::get(lab, kernel)?);
    }
    Ok(extras)
}

/// Runs guests, so many at once.
pub fn run_jobs(
    lab: &Lab,
    jobs: VecDeque<Job<'_>>,
    programs: &Path,
    at_once: usize,
) -> Result<Tally> {
    run_jobs_within(lab, jobs, programs, at_once, None)
}

/// Runs guests, so many at once: those for which `limit` has the time, if there is one. The others are named.
pub fn run_jobs_within(
    lab: &Lab,
    jobs: VecDeque<Job<'_>>,
    programs: &Path,
    at_once: usize,
    limit: Option<&TimeLimit>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let all = work_queue::run(jobs, at_once, &lab.interrupt, |job| {
        let timeout = Duration::from_secs(job.spec.timeout_s());
        let begin = Instant::now();
        if limit.is_some_and(|limit| !limit.leaves(begin, timeout)) {
            return Ok(Tally::of_left_out(job.name()));
        }
        let tally = run_guest(lab, &job, programs)?;
        if let Some(limit) = limit {
            limit.note(timeout, begin.elapsed());
        }
        Ok(tally)
    })?;
    for results in all {
        tally.add(results);
    }
    Ok(tally)
}

fn run_guest(lab: &Lab, job: &Job<'_>, programs: &Path) -> Result<Tally> {
    let spec = &job.spec;
    let boot = job.boot(lab, programs);
    let bar = lab.ui.step(&format!("guest {}", boot.name), None);
    let outcome = guest::run(lab, &boot, |line| bar.message(line))?;
    let repeated_boots = u64::from(outcome.failed_boots);
    let counted = gate::counted(job, &outcome);
    let (mut tally, what) = judge(spec, outcome);
    tally.repeated_boots += repeated_boots;
    for failure in &mut tally.failures {
        *failure = format!("{}: {failure}", boot.name);
    }
    tally.counted.extend(counted);
    bar.done(&what);
    Ok(tally)
}

fn judge(spec: &GuestSpec, mut outcome: Outcome) -> (Tally, String) {
    let planned: Vec<_> = spec.programs.iter().map(|program| program.name).collect();
    match (spec.variant.sabotage, planned.first()) {
        (Some(_), Some(program)) => {
            let (tally, noticed) = Tally::of_sabotage(&outcome, program);
            let what = if tally.failures.is_empty() {
                "noticed"
            } else {
                "FAILED"
            };
            (tally, format!("{what}: {noticed}"))
        }
        _ => {
            let bug = spec.bug.map(|bug| bug.take(&mut outcome.splats));
            let mut tally = Tally::of_guest(&outcome, &planned, EXPECTED_SKIPS);
            match bug {
                Some(Ok(())) => tally.passed += 1,
                Some(Err(cause)) => tally.fail(format!("kernel log: {cause}")),
                None => {}
            }
            let what = tally.to_string();
            (tally, what)
        }
    }
}
