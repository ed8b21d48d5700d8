// SPDX-License-Identifier: GPL-2.0

//! One guest that is to be measured, and what comes of it.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::bench::circumstances;
use crate::bench::clock::Clock;
use crate::bench::measured::Measured;
use crate::bench::plan::{KMALLOC, Measurement};
use crate::bench::row::Row;
use crate::bench::text_lines;
use crate::check::Job;
use crate::failure::{During, Result};
use crate::guest::{self, Boot, Outcome};
use crate::key::Key;
use crate::lab::Lab;
use crate::transcript::StepOutput;

/// What keys are made from beside inputs: to be changed when rows mean something else.
const FORMAT: &str = "1";

/// How programs say what they could not do, in KTAP and in their remarks.
const TROUBLE: [&str; 4] = [
    "not ok",
    "# not measured: ",
    "# it went wrong: ",
    "# this can't be measured here: ",
];

/// A guest that is ready to be booted.
#[derive(Clone)]
pub struct Task<'a> {
    job: Job<'a>,
    measurement: Measurement,
    /// Which of those that do the same it is, from 1.
    repetition: u32,
}

impl<'a> Task<'a> {
    /// The guests of `measurement`, which `job` is one of.
    pub fn all(job: &Job<'a>, measurement: &Measurement) -> Vec<Self> {
        (1..=measurement.guests)
            .map(|repetition| Self {
                job: job.clone(),
                measurement: measurement.clone(),
                repetition,
            })
            .collect()
    }

    /// What guests that do the same on the same kernel are called.
    pub fn kind(&self) -> String {
        self.job.name()
    }

    /// What it is called among those.
    pub fn name(&self) -> String {
        format!(
            "{} {} of {}",
            self.kind(),
            self.repetition,
            self.measurement.guests
        )
    }

    /// Whether its figures are counts.
    pub fn is_counted(&self) -> bool {
        self.measurement.is_counted()
    }

    /// Seconds that it takes, as was thought before any was seen.
    pub fn guess(&self) -> f64 {
        self.measurement.seconds
    }

    /// A digest of all that its figures depend on.
    pub fn key(&self, lab: &Lab, programs: &Path) -> Key {
        let boot = self.boot(lab, programs);
        let path = |path: &Path| path.display().to_string();
        let modules: Vec<_> = boot.modules.iter().map(|folder| path(folder)).collect();
        Key::builder()
            .input("format", FORMAT)
            .input("kernel", boot.kernel.key.to_string())
            // With QEMU in it.
            .input("root", path(&boot.kernel.root))
            // The names of cache entries have keys of their own in them.
            .input("modules", modules.join(" "))
            .input("programs", path(programs))
            .input("plan", format!("{:?}", boot.plan))
            .input("arguments", &boot.arguments)
            .input("machine", format!("{:?}", boot.machine))
            .input("repetition", self.repetition.to_string())
            .finish()
    }

    fn boot<'b>(&'b self, lab: &Lab, programs: &'b Path) -> Boot<'b> {
        let boot = self.job.boot(lab, programs);
        Boot {
            name: format!("bench-{}-{}", boot.name, self.repetition),
            plan: self.measurement.plan(boot.machine.cpus, self.repetition),
            ..boot
        }
    }

    /// Boots it.
    pub fn run(&self, lab: &Lab, programs: &Path, on_line: impl FnMut(&str)) -> Result<Came> {
        let boot = self.boot(lab, programs);
        let start = Instant::now();
        let outcome = guest::run(lab, &boot, on_line)?;
        let seconds = (start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let log = fs::read(&outcome.console).during(format!("guest {}", boot.name))?;
        let version = circumstances::kernel_version(&String::from_utf8_lossy(&log));
        let (rows, trouble) = judge(&boot, &outcome);
        let measured = (!rows.is_empty()).then(|| Measured {
            guest: self.job.spec.name.clone(),
            kernel: boot.kernel.release.name.clone(),
            version: version.unwrap_or_default(),
            clock: Clock::of(boot.machine.accel),
            repetition: self.repetition,
            date: circumstances::now(),
            seconds,
            left_out: Vec::new(),
            rows,
        });
        Ok(Came { measured, trouble })
    }
}

/// What came of a guest.
pub struct Came {
    /// What it measured, whole or in part.
    pub measured: Option<Measured>,
    /// Why that is not all, if so.
    pub trouble: Option<String>,
}

/// The rows of a guest, and why they are not all.
///
/// What was measured before a program failed, or the guest died, is as good as any; but where the
/// kernel complained nothing is.
fn judge(boot: &Boot<'_>, outcome: &Outcome) -> (Vec<Row>, Option<String>) {
    let console = outcome.console.display();
    if let Some(splat) = outcome.splats.first() {
        let cause = format!("kernel log: {}; {console}:{}", splat.text, splat.line);
        return (Vec::new(), Some(cause));
    }
    let clock = Clock::of(boot.machine.accel);
    let rows = match rows(&outcome.steps).and_then(|rows| clock.admit(rows)) {
        Ok(rows) => rows,
        Err(cause) => return (Vec::new(), Some(format!("{cause}; log: {console}"))),
    };
    let planned = boot.plan.steps.iter();
    let planned: Vec<_> = planned.map(|step| step.name.as_str()).collect();
    let trouble = match (&outcome.death, all_well(&outcome.steps, &planned)) {
        (Some(death), _) => Some(format!("{death}; log: {console}")),
        (None, Err(cause)) => Some(cause),
        (None, Ok(())) if rows.is_empty() => Some(format!("printed no figure; log: {console}")),
        (None, Ok(())) => None,
    };
    (rows, trouble)
}

/// Whether each step of `planned` ended with status 0.
pub fn all_well(steps: &[StepOutput], planned: &[&str]) -> std::result::Result<(), String> {
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    if names != planned {
        return Err(format!("of the steps {planned:?} these ran: {names:?}"));
    }
    match steps.iter().find(|step| step.status != Some(0)) {
        None => Ok(()),
        Some(step) => {
            let told = step.lines.iter();
            let told = told.filter(|line| TROUBLE.iter().any(|start| line.starts_with(start)));
            let mut told: Vec<_> = told.map(String::as_str).collect();
            if told.is_empty() {
                // What is not of ours says why in words of its own, last.
                told.extend(step.lines.last().map(String::as_str));
            }
            let status = step.status;
            let status = status.map_or("did not end".to_owned(), |n| format!("exit status {n}"));
            Err(format!("{}: {status}: {}", step.name, told.join("; ")))
        }
    }
}

/// The rows among what the steps of a guest said.
pub fn rows(steps: &[StepOutput]) -> std::result::Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for step in steps {
        if step.name == KMALLOC {
            rows.extend(text_lines::kmalloc(&step.lines)?);
        } else {
            rows.extend(text_lines::find(&step.lines)?);
            rows.extend(Row::find(&step.lines)?);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{all_well, rows};
    use crate::transcript::StepOutput;

    fn step(name: &str, text: &str, status: Option<i32>) -> StepOutput {
        StepOutput {
            name: name.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            status,
        }
    }

    #[test]
    fn rows_of_all_kinds_of_programs_are_taken() {
        let kmalloc = "{\"unit\":\"instructions\",\"pattern\":\"batch\",\"pwlocks\":null,\
                       \"kmalloc\":{\"median\":316},\"kfree\":{\"median\":200}}";
        let hold = "{\"bench\":\"hold\",\"way\":\"locked\",\"longest\":9,\"mean\":9.5,\"tries\":2}";
        let steps = [
            step("count", "# count PwLock local 19\nok 1 - x\n", Some(0)),
            step("kmalloc_bench", kmalloc, Some(0)),
            step("live_hold", hold, Some(0)),
        ];
        assert_eq!(rows(&steps).unwrap().len(), 1 + 2 + 1);
        assert!(rows(&[step("kmalloc_bench", "insmod: no", Some(1))]).is_err());
    }

    #[test]
    fn a_step_that_failed_or_did_not_run_spoils_a_guest() {
        let good = step("count", "", Some(0));
        assert!(all_well(std::slice::from_ref(&good), &["count"]).is_ok());
        assert!(all_well(std::slice::from_ref(&good), &["count", "more"]).is_err());
        let bad = step("count", "ok 1 - a\nnot ok 2 - b\n", Some(1));
        let cause = all_well(&[bad], &["count"]).unwrap_err();
        assert!(cause.contains("not ok 2 - b"), "{cause}");
        assert!(all_well(&[step("count", "", None)], &["count"]).is_err());
        let shell = step("count", "one\nsh: insmod: not found\n", Some(127));
        let cause = all_well(&[shell], &["count"]).unwrap_err();
        assert_eq!(cause, "count: exit status 127: sh: insmod: not found");
    }
}
