// SPDX-License-Identifier: GPL-2.0

//! Boots what is not yet measured, and reports after each guest what there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use crate::bench::baseline::{self, Baseline};
use crate::bench::circumstances::{self, Circumstances};
use crate::bench::failure;
use crate::bench::files;
use crate::bench::measured::{Kept, Measured};
use crate::bench::plan::{self, Amount, Measurement};
use crate::bench::remaining::{self, Durations};
use crate::bench::report::Report;
use crate::bench::summary;
use crate::bench::task::Task;
use crate::check;
use crate::disk;
use crate::failure::{During, Ended, Failure, Result};
use crate::kernels;
use crate::key::Key;
use crate::lab::Lab;
use crate::userland;
use crate::work_queue;

/// Megabytes for the guests' initrds, of which each removes its own, their logs and the report.
const SPACE_MB: u64 = 600;

/// What has become of a guest.
enum State {
    /// It has not been booted.
    Waiting,
    /// It is over.
    Measured(Box<Measured>),
    /// It did not measure all that it should have, for a reason.
    Failed(Option<Box<Measured>>, String),
}

/// A guest and what has become of it.
struct Place<'a> {
    task: Task<'a>,
    key: Key,
    state: State,
}

/// Everything that threads share.
struct Shared<'a> {
    places: Vec<Place<'a>>,
    durations: Durations,
}

/// What a report needs beside figures.
struct Bench<'a> {
    lab: &'a Lab,
    programs: &'a Path,
    kept: Kept,
    folder: PathBuf,
    circumstances: Circumstances,
    seed: u64,
}

/// Measures `amount` on the kernels the user wants.
pub fn run(lab: &Lab, amount: Amount) -> Result<Ended> {
    let folder = lab.project.build().join("bench");
    let step = format!("make {}", folder.display());
    fs::create_dir_all(&folder).during(step)?;
    disk::require_in(
        &folder,
        SPACE_MB,
        "remove build/guest, or other files there",
    )?;
    let kernels = kernels::get(lab)?;
    let Some(first) = kernels.first() else {
        return Err(failure("kernels", "no kernel to measure"));
    };
    let programs = userland::get(lab, &first.root)?;
    let mut tasks = Vec::new();
    for kernel in &kernels {
        let measurements = plan::measurements(kernel.release.flavour, amount);
        require_programs(&measurements, &programs)?;
        for measurement in &measurements {
            let job = check::job(lab, kernel, &programs, measurement.spec.clone())?;
            tasks.extend(Task::all(&job, measurement));
        }
    }
    let seed = fastrand::u64(..);
    lab.ui
        .say(&format!("bench: the seed of the guests' order is {seed}"));
    let bench = Bench {
        lab,
        programs: &programs,
        kept: Kept::new(folder.join("measured")),
        circumstances: Circumstances::find(lab, &first.root, amount)?,
        folder,
        seed,
    };
    bench.measure(tasks)
}

/// Fails if a program of `measurements` is not among those that guests get.
fn require_programs(measurements: &[Measurement], programs: &Path) -> Result<()> {
    for measurement in measurements {
        for step in measurement.plan(1, 1).steps {
            // What is run by the shell is named after what it is about.
            let Some(name) = step.argv.first().filter(|_| step.argv.len() == 1) else {
                continue;
            };
            let name = name.rsplit('/').next().unwrap_or_default();
            if !programs.join(name).exists() {
                let cause = format!(
                    "there is no program {name} for the guest {}",
                    measurement.spec.name
                );
                return Err(failure("plan", cause)
                    .remedy("tools/testing/selftests/pwlocks has the programs"));
            }
        }
    }
    Ok(())
}

impl Bench<'_> {
    fn measure(&self, tasks: Vec<Task<'_>>) -> Result<Ended> {
        let lab = self.lab;
        let mut shared = Shared {
            places: Vec::new(),
            durations: Durations::default(),
        };
        for task in tasks {
            let key = task.key(lab, self.programs);
            let state = match self.kept.find(&key) {
                Some(measured) => {
                    let kind = task.kind();
                    shared.durations.add(&kind, task.guess(), measured.seconds);
                    State::Measured(Box::new(measured))
                }
                None => State::Waiting,
            };
            shared.places.push(Place { task, key, state });
        }
        self.say_what_is_kept(&shared);
        let waiting = |is_counted: bool| -> Vec<usize> {
            let places = shared.places.iter().enumerate();
            places
                .filter(|(_, place)| matches!(place.state, State::Waiting))
                .filter(|(_, place)| place.task.is_counted() == is_counted)
                .map(|(at, _)| at)
                .collect()
        };
        let (mut counted, mut timed) = (waiting(true), waiting(false));
        // Those that take long first, so that none of them is left to run alone.
        counted.sort_by(|a, b| {
            let guess = |at: &usize| shared.places[*at].task.guess();
            guess(b).total_cmp(&guess(a))
        });
        plan::shuffle(&mut timed, self.seed);
        let shared = Mutex::new(shared);
        let broken = [(counted, lab.options.jobs), (timed, 1)]
            .into_iter()
            .try_for_each(|(queue, at_once)| {
                let one = |at| self.run_one(&shared, at);
                work_queue::run(queue, at_once, &lab.interrupt, one).map(|_| ())
            })
            .err();
        let shared = shared
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let report = self.write(&shared)?;
        self.end(&shared, &report, broken)
    }

    fn say_what_is_kept(&self, shared: &Shared<'_>) {
        let kept = shared.places.iter();
        let kept = kept.filter(|place| matches!(place.state, State::Measured(_)));
        let (kept, all) = (kept.count(), shared.places.len());
        if kept > 0 {
            self.lab.ui.say(&format!(
                "bench: {kept} of {all} guests were measured before; to measure them again, remove {}",
                self.kept.folder().display()
            ));
        }
        let left = remaining(shared, self.lab.options.jobs);
        if kept < all {
            self.lab.ui.say(&format!(
                "bench: {} guests to measure, {} if the machine is as fast as thought",
                all - kept,
                remaining::words(left)
            ));
        }
    }

    fn run_one(&self, shared: &Mutex<Shared<'_>>, at: usize) -> Result<()> {
        let lab = self.lab;
        // A task is moved by nobody and changed by nobody; a guest is not to hold up the others.
        let (task, key, expected) = {
            let shared = locked(shared);
            let place = &shared.places[at];
            let expected = shared
                .durations
                .expect(&place.task.kind(), place.task.guess());
            (place.task.clone(), place.key.clone(), expected)
        };
        let bar = lab.ui.step(
            &format!("bench {}", task.name()),
            Some(expected.ceil() as u64),
        );
        let start = Instant::now();
        let came = task.run(lab, self.programs, |line| {
            bar.position(start.elapsed().as_secs());
            bar.message(line);
        })?;
        let seconds = start.elapsed().as_secs_f64();
        let measured = came.measured.map(Box::new);
        let state = match (measured, came.trouble) {
            (Some(measured), None) => {
                self.kept.keep(&key, &measured)?;
                State::Measured(measured)
            }
            // Not kept: the next run may measure the rest.
            (measured, trouble) => State::Failed(measured, trouble.unwrap_or_default()),
        };
        let mut shared = locked(shared);
        shared.durations.add(&task.kind(), task.guess(), seconds);
        let what = match &state {
            State::Failed(_, cause) => format!("FAILED: {cause}"),
            _ => "measured".to_owned(),
        };
        shared.places[at].state = state;
        let waiting = shared.places.iter();
        let waiting = waiting.filter(|place| matches!(place.state, State::Waiting));
        let left = remaining(&shared, lab.options.jobs);
        bar.done(&match waiting.count() {
            0 => what,
            guests => format!("{what}; {guests} to go, {}", remaining::words(left)),
        });
        self.write(&shared).map(|_| ())
    }

    /// Writes the report of what there is.
    fn write(&self, shared: &Shared<'_>) -> Result<Report> {
        let mut missing = Vec::new();
        let mut guests = Vec::new();
        for place in &shared.places {
            match &place.state {
                State::Waiting => missing.push(format!("{}: not measured", place.task.name())),
                State::Failed(measured, cause) => {
                    missing.push(format!("{}: {cause}", place.task.name()));
                    guests.extend(measured.as_deref().cloned());
                }
                State::Measured(measured) => guests.push((**measured).clone()),
            }
        }
        let circumstances = Circumstances {
            date: circumstances::now(),
            ..self.circumstances.clone()
        };
        let report = Report::new(circumstances, self.seed, missing, guests);
        files::write(&report, &self.folder)?;
        Ok(report)
    }

    /// Tells the user what came of it all.
    fn end(&self, shared: &Shared<'_>, report: &Report, broken: Option<Failure>) -> Result<Ended> {
        let ui = &self.lab.ui;
        for line in summary::lines(report) {
            ui.print(&line);
        }
        let before = Baseline::read(self.lab.project.folder())?;
        let baseline = report.baseline(before).write(&self.folder)?;
        ui.print("");
        for file in files::paths(&self.folder) {
            ui.print(&format!("the report: {}", file.display()));
        }
        ui.print(&format!(
            "what {} would be with these figures: {}",
            baseline::FILE,
            baseline.display()
        ));
        for difference in &report.not_repeated {
            ui.print(&format!("not ok {difference}"));
        }
        if let Some(broken) = broken {
            return Err(broken.remedy("`make bench` goes on where this ended"));
        }
        let failed = shared.places.iter();
        let failed = failed.filter_map(|place| match &place.state {
            State::Failed(_, cause) => Some(format!("{}: {cause}", place.task.name())),
            _ => None,
        });
        let failed: Vec<_> = failed.collect();
        for failure in &failed {
            ui.print(&format!("not ok {failure}"));
        }
        Ok(Ended::of_tests(
            failed.is_empty() && report.not_repeated.is_empty(),
        ))
    }
}

/// Seconds until all that waits is measured, if `jobs` guests that count run at once.
fn remaining(shared: &Shared<'_>, jobs: usize) -> f64 {
    let waiting = shared.places.iter();
    let waiting = waiting.filter(|place| matches!(place.state, State::Waiting));
    waiting
        .map(|place| {
            let task = &place.task;
            let seconds = shared.durations.expect(&task.kind(), task.guess());
            if task.is_counted() {
                seconds / jobs as f64
            } else {
                seconds
            }
        })
        .sum()
}

/// A panicking thread ends the run, so what it left in a mutex is never used.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::require_programs;
    use crate::bench::plan::{Amount, measurements};
    use crate::kernel_choice::Flavour;

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let all = measurements(Flavour::Amd64, Amount::Quick);
        for name in ["count", "live_count"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let failure = require_programs(&all, folder.path()).unwrap_err();
        assert!(failure.cause.contains("live_hold"), "{failure}");
        assert!(failure.cause.contains("live-hold"), "{failure}");
    }
}
