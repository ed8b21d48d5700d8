// SPDX-License-Identifier: GPL-2.0

//! Measures what is not yet measured, and reports after each what there is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::bench::circumstances::{self, Circumstances, Host};
use crate::bench::clock::Clock;
use crate::bench::files;
use crate::bench::here::judge::judge;
use crate::bench::here::machine::Machine;
use crate::bench::here::plan::{self, Measurement, Planned};
use crate::bench::here::runner::Runner;
use crate::bench::here::{STEP, refusal};
use crate::bench::measured::{Kept, Measured};
use crate::bench::plan::{Amount, in_another_order, shuffle};
use crate::bench::remaining;
use crate::bench::report::Report;
use crate::bench::summary;
use crate::disk;
use crate::failure::{During, Ended, Failure, Result};
use crate::kernels;
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::modules;
use crate::splat;
use crate::stock_modules;
use crate::userland;
use crate::variant::Variant;

/// Megabytes for the report and what the steps say.
const SPACE_MB: u64 = 100;

/// What keys are made from beside inputs: to be changed when rows mean something else.
const FORMAT: &str = "1";

/// A measurement that is made once, and what has become of it.
struct Run<'a> {
    measurement: &'a Measurement,
    /// Which of those that are the same it is, from 1.
    repetition: u32,
    key: Key,
    measured: Option<Measured>,
    /// Why it is not measured, or not all of it, if that is known.
    trouble: Option<String>,
}

impl Run<'_> {
    fn name(&self) -> String {
        format!("{}-{}", self.measurement.name, self.repetition)
    }
}

/// What all of them share.
struct Bench<'a> {
    lab: &'a Lab,
    machine: Machine,
    circumstances: Circumstances,
    seed: u64,
    left_out: Vec<String>,
    folder: PathBuf,
    kept: Kept,
    runner: Runner<'a>,
}

/// Measures `amount` on the running kernel.
pub fn run(lab: &Lab, amount: Amount) -> Result<Ended> {
    let machine = Machine::look(Path::new("/")).during(STEP)?;
    refusal::check(&machine)?;
    let folder = lab.project.build().join("bench-here");
    fs::create_dir_all(&folder).during(format!("make {}", folder.display()))?;
    disk::require_in(&folder, SPACE_MB, "remove other files there")?;
    let kernel = kernels::get_release(lab, &machine.release).map_err(refusal::not_found)?;
    refusal::check_build(&machine, &kernel.origin)?;
    let programs = userland::get(lab, &kernel.root)?;
    let modules = folder.join("modules");
    let key = gather(lab, &kernel, &modules)?;
    let planned = Planned::of(&machine, &programs);
    for line in &planned.left_out {
        lab.ui.say(&format!("{STEP}: left out: {line}"));
    }
    let seed = fastrand::u64(..);
    lab.ui
        .say(&format!("{STEP}: the seed of the order is {seed}"));
    let bench = Bench {
        lab,
        circumstances: Circumstances::of_machine(&machine, amount)?,
        seed,
        left_out: planned.left_out,
        kept: Kept::new(folder.join("measured")),
        runner: Runner {
            programs: &programs,
            modules: &modules,
            folder: &folder,
        },
        folder: folder.clone(),
        machine,
    };
    let runs = bench.runs(&key, &planned.measurements, plan::repetitions(amount));
    bench.measure(runs)
}

/// Builds all that a machine which runs `kernel` needs to be measured, so that it has not to.
pub fn build(lab: &Lab, kernel: &Prepared) -> Result<()> {
    userland::get(lab, &kernel.root)?;
    modules::get(lab, kernel, Variant::STANDARD)?;
    stock_modules::get(lab, kernel)?;
    Ok(())
}

/// Puts the modules for `kernel` into `folder`, those of its own that are needed among them; a key for them.
fn gather(lab: &Lab, kernel: &Prepared, folder: &Path) -> Result<Key> {
    let step = format!("{STEP}: modules");
    let ours = modules::get(lab, kernel, Variant::STANDARD)?;
    let stock = stock_modules::get(lab, kernel)?;
    if folder.exists() {
        fs::remove_dir_all(folder).during(&step)?;
    }
    fs::create_dir_all(folder).during(&step)?;
    let mut key = Key::builder();
    for from in [&ours, &stock] {
        // The names of cache entries have keys of their own in them.
        key = key.input("modules", from.display().to_string());
        for entry in fs::read_dir(from).during(&step)? {
            let path = entry.during(&step)?.path();
            let is_module = path.extension().is_some_and(|end| end == "ko");
            if let Some(name) = path.file_name().filter(|_| is_module) {
                symlink(&path, folder.join(name)).during(&step)?;
            }
        }
    }
    Ok(key.finish())
}

impl Bench<'_> {
    /// All that are to be made, in their order, with what is known of some.
    fn runs<'a>(
        &self,
        modules: &Key,
        measurements: &'a [Measurement],
        repetitions: u32,
    ) -> Vec<Run<'a>> {
        let mut runs = Vec::new();
        for repetition in 1..=repetitions {
            for measurement in measurements {
                let key = self.key(modules, measurement, repetition);
                runs.push(Run {
                    measured: self.kept.find(&key),
                    measurement,
                    repetition,
                    key,
                    trouble: None,
                });
            }
        }
        shuffle(&mut runs, self.seed);
        runs
    }

    /// A digest of all that the figures depend on and that can be known.
    fn key(&self, modules: &Key, measurement: &Measurement, repetition: u32) -> Key {
        let Host {
            cpu, memory_mib, ..
        } = &self.circumstances.host;
        Key::builder()
            .input("format", FORMAT)
            .input("modules", modules.to_string())
            .input("programs", self.runner.programs.display().to_string())
            .input("plan", format!("{:?}", measurement.plan))
            .input("machine", format!("{:?}", self.machine))
            .input("host", format!("{cpu} {memory_mib}"))
            .input("repetition", repetition.to_string())
            .finish()
    }

    fn measure(&self, mut runs: Vec<Run<'_>>) -> Result<Ended> {
        let kept = runs.iter().filter(|run| run.measured.is_some()).count();
        if kept > 0 {
            self.lab.ui.say(&format!(
                "{STEP}: {kept} of {} were measured before; to measure them again, remove {}",
                runs.len(),
                self.kept.folder().display()
            ));
        }
        let mut broken = None;
        for at in 0..runs.len() {
            if runs[at].measured.is_some() {
                continue;
            }
            if let Err(failure) = self.measure_one(&mut runs, at) {
                broken = Some(failure);
                break;
            }
        }
        let report = self.write(&runs)?;
        self.end(&runs, &report, broken)
    }

    fn measure_one(&self, runs: &mut [Run<'_>], at: usize) -> Result<()> {
        let lab = self.lab;
        let (measurement, name) = (runs[at].measurement, runs[at].name());
        let bar = lab.ui.step(
            &format!("{STEP} {name}"),
            Some(measurement.seconds.ceil() as u64),
        );
        let start = Instant::now();
        let plan = in_another_order(measurement.plan.clone(), runs[at].repetition);
        let ran = self.runner.run(lab, &name, &plan, |line| {
            bar.position(start.elapsed().as_secs());
            bar.message(line);
        })?;
        let seconds = (start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let log = fs::read(&ran.kernel_log).during(format!("{STEP} {name}"))?;
        let allowed = splat::Allowed::read(lab.project.folder())?;
        let splats = allowed.filter(splat::scan(&String::from_utf8_lossy(&log)));
        let judged = judge(measurement, &ran, &splats);
        let measured = (!judged.rows.is_empty()).then(|| Measured {
            guest: measurement.name.to_owned(),
            kernel: self.machine.release.clone(),
            version: self.machine.version.clone(),
            clock: Clock::Here,
            repetition: runs[at].repetition,
            date: circumstances::now(),
            seconds,
            left_out: judged.left_out,
            rows: judged.rows,
        });
        if let (Some(measured), None) = (&measured, &judged.trouble) {
            self.kept.keep(&runs[at].key, measured)?;
        }
        runs[at].measured = measured;
        runs[at].trouble = judged.trouble;
        self.write(runs)?;
        let what = match &runs[at].trouble {
            Some(cause) => format!("FAILED: {cause}"),
            None => "measured".to_owned(),
        };
        let waiting = || runs.iter().filter(|run| is_waiting(run));
        let left = waiting().map(|run| run.measurement.seconds).sum();
        bar.done(&match waiting().count() {
            0 => what,
            count => format!("{what}; {count} to go, {}", remaining::words(left)),
        });
        Ok(())
    }

    /// Writes the report of what there is.
    fn write(&self, runs: &[Run<'_>]) -> Result<Report> {
        let missing = runs.iter().filter_map(|run| {
            let cause = run.trouble.as_deref();
            let cause = cause.or(is_waiting(run).then_some("not measured"))?;
            Some(format!("{}: {cause}", run.name()))
        });
        let measured = runs.iter().filter_map(|run| run.measured.clone());
        let circumstances = Circumstances {
            date: circumstances::now(),
            ..self.circumstances.clone()
        };
        let mut report = Report::new(
            circumstances,
            self.seed,
            missing.collect(),
            measured.collect(),
        );
        report.left_out.splice(0..0, self.left_out.iter().cloned());
        files::write(&report, &self.folder)?;
        Ok(report)
    }

    /// Tells the user what came of it all.
    fn end(&self, runs: &[Run<'_>], report: &Report, broken: Option<Failure>) -> Result<Ended> {
        let ui = &self.lab.ui;
        for line in summary::lines(report) {
            ui.print(&line);
        }
        ui.print("");
        for file in files::paths(&self.folder) {
            ui.print(&format!("the report: {}", file.display()));
        }
        if let Some(broken) = broken {
            return Err(match broken.remedy {
                Some(_) => broken,
                None => broken.remedy("`make bench-here` goes on where this ended"),
            });
        }
        let failed = runs.iter().filter_map(|run| {
            let cause = run.trouble.as_ref()?;
            Some(format!("not ok {}: {cause}", run.name()))
        });
        let failed: Vec<_> = failed.collect();
        for failure in &failed {
            ui.print(failure);
        }
        Ok(Ended::of_tests(failed.is_empty()))
    }
}

/// Whether it is still to be measured.
fn is_waiting(run: &Run<'_>) -> bool {
    run.measured.is_none() && run.trouble.is_none()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::thread;
    use std::time::Duration;

    use clap::Parser;
    use serde_json::Value;

    use super::Bench;
    use crate::bench::circumstances::Circumstances;
    use crate::bench::here::machine::tests::machine;
    use crate::bench::here::plan::Planned;
    use crate::bench::here::runner::{PROGRAM, Runner};
    use crate::bench::measured::Kept;
    use crate::bench::plan::Amount;
    use crate::cli::Cli;
    use crate::failure::{Ended, Kind, Result};
    use crate::interrupt::Interrupt;
    use crate::key::Key;
    use crate::lab::Lab;
    use crate::paths::Project;
    use crate::store::Store;
    use crate::ui::Ui;

    /// Stands in for the program that runs the steps: says what a file of the measurement's name has.
    const SAYS: &str = "#!/bin/sh\necho nothing special > $2\ncat ${1%.plan.json}.says\n";

    const SCALE: &str = "@begin bench_scale\n\
         {\"bench\":\"scale\",\"cpus\":4,\"fill\":\"one\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":1,\
         \"works\":3,\"work\":null,\"cycles\":9000.0,\"times_ns\":[3000]}\n@end bench_scale 0\n@done\n";
    const LATENCY: &str = "@begin bench_latency\n\
         {\"bench\":\"latency\",\"isolated\":\"idle\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":1,\
         \"times_ns\":[5000],\"unfinished\":0}\n";

    fn lab(folder: &Path, interrupt: &Interrupt) -> Lab {
        Lab {
            project: Project::find().unwrap(),
            store: Store::new(folder.join("cache"), Ui::silent(), interrupt.clone()),
            ui: Ui::silent(),
            interrupt: interrupt.clone(),
            options: Cli::try_parse_from(["pwlocks-lab", "bench-here"])
                .unwrap()
                .options,
        }
    }

    /// Measures drains and latency in `folder` with a program that is `script`.
    fn measure(folder: &Path, script: &str, interrupt: &Interrupt) -> Result<Ended> {
        let program = folder.join(PROGRAM);
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let lab = lab(folder, interrupt);
        let mut planned = Planned::of(&machine(), folder);
        planned
            .measurements
            .retain(|one| ["scale", "latency"].contains(&one.name));
        let bench = Bench {
            lab: &lab,
            circumstances: Circumstances::of_machine(&machine(), Amount::Quick)?,
            machine: machine(),
            seed: 7,
            left_out: vec!["noise: nobody listens".into()],
            folder: folder.to_owned(),
            kept: Kept::new(folder.join("measured")),
            runner: Runner {
                programs: folder,
                modules: folder,
                folder,
            },
        };
        let runs = bench.runs(&Key::builder().finish(), &planned.measurements, 1);
        bench.measure(runs)
    }

    fn report(folder: &Path) -> Value {
        let text = fs::read_to_string(folder.join("report.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_is_measured_is_kept_and_what_failed_is_measured_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let says = |name: &str, text: &str| {
            fs::write(folder.join(format!("{name}.says")), text).unwrap();
        };
        says("scale-1", SCALE);
        let broken = format!("{LATENCY}# not measured: live\n@end bench_latency 1\n@done\n");
        says("latency-1", &broken);
        let ended = measure(folder, SAYS, &Interrupt::default()).unwrap();
        assert_eq!(ended, Ended::WithFailedTests);
        let partial = report(folder);
        assert_eq!(partial["partial"], true);
        assert!(
            partial["missing"][0]
                .as_str()
                .unwrap()
                .contains("not measured: live")
        );
        assert_eq!(partial["left_out"][0], "noise: nobody listens");
        // What was measured before it failed is there as well.
        assert_eq!(partial["sections"].as_array().unwrap().len(), 2);
        assert_eq!(partial["guests"][0]["clock"], "times, this machine");
        assert!(partial["qemu"].is_null());
        assert_eq!(partial["here"]["isolated_cpu"], 3);
        let plan = fs::read_to_string(folder.join("latency-1.plan.json")).unwrap();
        assert!(plan.contains("\"PWLOCKS_SEED\":\"1\""), "{plan}");

        // It would find nothing if it were measured again.
        fs::remove_file(folder.join("scale-1.says")).unwrap();
        says(
            "latency-1",
            &format!("{LATENCY}@end bench_latency 0\n@done\n"),
        );
        let ended = measure(folder, SAYS, &Interrupt::default()).unwrap();
        assert_eq!(ended, Ended::Well);
        assert_eq!(report(folder)["partial"], false);
        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        for text in [
            "this machine's own",
            "drain cycles p50",
            "isolcpus=3",
            ">Runs<",
        ] {
            assert!(page.contains(text), "{text}");
        }
        assert!(!page.contains("mulated"), "nothing was");
    }

    #[test]
    fn an_interruption_waits_until_the_machine_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let script = "#!/bin/sh\ntrap 'sleep 0.3; echo as it was > $0.undone; exit 130' TERM\n\
                      echo > $0.begun; while :; do sleep 0.05; done\n";
        let interrupt = Interrupt::default();
        let file = |end: &str| folder.join(format!("{PROGRAM}.{end}"));
        let failure = thread::scope(|scope| {
            scope.spawn(|| {
                while !file("begun").exists() {
                    thread::sleep(Duration::from_millis(10));
                }
                interrupt.raise();
            });
            measure(folder, script, &interrupt).unwrap_err()
        });
        assert_eq!(failure.kind, Kind::Interrupted);
        assert!(failure.remedy.unwrap().contains("make bench-here"));
        assert!(file("undone").exists());
        assert_eq!(report(folder)["missing"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_machine_that_is_not_as_it_was_ends_it_all() {
        let folder = tempfile::tempdir().unwrap();
        let script = "#!/bin/sh\necho > $2\necho 'rmmod pwlocks: in use' >&2\nexit 1\n";
        let failure = measure(folder.path(), script, &Interrupt::default()).unwrap_err();
        assert!(failure.cause.contains("rmmod pwlocks: in use"), "{failure}");
        assert!(failure.remedy.unwrap().contains("lsmod"));
        assert_eq!(
            report(folder.path())["missing"].as_array().unwrap().len(),
            2
        );
    }
}
