// SPDX-License-Identifier: GPL-2.0

//! `make run`: the demonstration.

use std::fs;
use std::path::Path;
use std::time::Duration;

use comfy_table::{Table, presets};
use guest_plan::plan::{MODULES_DIR, PROGRAMS_DIR, Plan, PlanStep};
use serde::Serialize;

use crate::accel::{self, Accel};
use crate::failure::{During, Failure, Result};
use crate::guest::{self, Boot, Layout, Machine, Outcome};
use crate::kernels;
use crate::lab::Lab;
use crate::live_demonstration;
use crate::live_row::LiveRow;
use crate::live_table::LiveTable;
use crate::matrix::isolation_arguments;
use crate::metadata::Prepared;
use crate::modules;
use crate::row::Row;
use crate::transcript::StepOutput;
use crate::userland;
use crate::variant::Variant;

const DEMONSTRATE: &str = "demonstrate";
const BENCH: &str = "kmalloc-bench";

/// Objects per round of the benchmark: the default of nine million is for real machines.
const BENCH_OBJECTS: u32 = 200_000;

/// Seconds for each of the two programs, and for the boot.
const PROGRAM_S: u64 = 150;
const BOOT_S: u64 = 120;

/// build/run.json.
#[derive(Serialize)]
struct Report<'a> {
    rows: Vec<AnyRow<'a>>,
}

/// One of its rows.
#[derive(Serialize)]
#[serde(untagged)]
enum AnyRow<'a> {
    /// Of the demonstration on folios of its own.
    Demo(&'a Row),
    /// Of the running kernel's own drains.
    Live(&'a LiveRow),
}

/// Runs it on each chosen kernel with both modes, one guest at a time: the figures are times.
pub fn run(lab: &Lab) -> Result<()> {
    let mut rows = Vec::new();
    let mut live = Vec::new();
    let mut foot = Vec::new();
    let mut contradictions = Vec::new();
    for kernel in kernels::get(lab)? {
        let programs = userland::get(lab, &kernel.root)?;
        let modules = modules::get(lab, &kernel, Variant::STANDARD)?;
        let accel = accel::choose(lab, &kernel, &programs)?;
        for mode in [0, 1] {
            let boot = boot(lab, &kernel, &modules, &programs, accel, mode);
            let outcome = demonstrate(lab, &boot)?;
            let row = Row::find(&step(&outcome, &boot, DEMONSTRATE)?.lines)
                .map_err(|cause| failed(&boot, &outcome, DEMONSTRATE, &cause))?;
            contradictions.extend(row.contradictions(&kernel.release, mode));
            rows.push(row);
            let bench = step(&outcome, &boot, BENCH)?;
            foot.push(
                bench_line(&bench.lines).map_err(|cause| failed(&boot, &outcome, BENCH, &cause))?,
            );
        }
        let (rows, found) = live_demonstration::rows(lab, &kernel, &modules, &programs, accel)?;
        contradictions.extend(found);
        live.push(rows);
    }
    let file = lab.project.build().join("run.json");
    let demo = rows.iter().map(AnyRow::Demo);
    let report = Report {
        rows: demo
            .chain(live.iter().flatten().map(AnyRow::Live))
            .collect(),
    };
    let text = serde_json::to_string_pretty(&report).during("run.json")?;
    fs::write(&file, text + "\n").during(format!("write {}", file.display()))?;
    lab.ui.print(&table(&rows).to_string());
    for line in foot {
        lab.ui.print(&line);
    }
    if contradictions.is_empty() {
        lab.ui.print(&meaning(&rows));
    }
    for rows in &live {
        let table = LiveTable(rows);
        lab.ui.print(&format!("\n{}", table.table()));
        lab.ui.print(&table.meaning());
    }
    lab.ui
        .print(&format!("\nThe same figures: {}", file.display()));
    if contradictions.is_empty() {
        return Ok(());
    }
    Err(Failure::test("demonstration", contradictions.join("; "))
        .log(lab.project.build().join("guest"))
        .remedy("run it again on a machine with nothing else to do; if it stays, it is a bug"))
}

fn boot<'a>(
    lab: &Lab,
    kernel: &'a Prepared,
    modules: &'a Path,
    programs: &'a Path,
    accel: Accel,
    mode: u32,
) -> Boot<'a> {
    let cpus = lab.options.cpus;
    let isolated = cpus - 1;
    let bench = format!(
        "insmod {MODULES_DIR}/pwlocks.ko pwlocks={mode} && \
         insmod {MODULES_DIR}/kmalloc_bench.ko iterations={BENCH_OBJECTS} && \
         cat /sys/kernel/debug/kmalloc_bench/result"
    );
    let step = |name: &str, argv: Vec<String>| PlanStep {
        name: name.to_owned(),
        argv,
        env: [("PWLOCKS_ISOLATED".to_owned(), isolated.to_string())].into(),
        timeout_s: PROGRAM_S,
    };
    Boot {
        name: format!("{}-demo-{mode}", kernel.release.name),
        kernel,
        modules: vec![modules],
        programs,
        modprobe: false,
        extras: Vec::new(),
        plan: Plan {
            steps: vec![
                step(DEMONSTRATE, vec![format!("{PROGRAMS_DIR}/{DEMONSTRATE}")]),
                step(BENCH, vec!["/bin/sh".into(), "-c".into(), bench]),
            ],
            interactive: false,
        },
        arguments: format!("{} pwlocks={mode}", isolation_arguments(isolated)),
        machine: Machine {
            accel,
            cpus,
            mem: lab.options.mem,
            layout: Layout::Plain,
        },
        counter: None,
        shares: Vec::new(),
        silence: None,
        limit: Duration::from_secs(2 * PROGRAM_S + BOOT_S),
    }
}

/// Runs a guest to its end, which nothing in its kernel's log may spoil.
pub fn demonstrate(lab: &Lab, boot: &Boot<'_>) -> Result<Outcome> {
    let bar = lab.ui.step(&format!("guest {}", boot.name), None);
    let outcome = guest::run(lab, boot, |line| bar.message(line))?;
    if let Some(death) = guest::death(boot, &outcome) {
        return Err(death);
    }
    if let Some(splat) = outcome.splats.first() {
        return Err(failed(boot, &outcome, "kernel log", &splat.text));
    }
    bar.done("measured");
    Ok(outcome)
}

/// The step `name`, if it ended well.
pub fn step<'a>(outcome: &'a Outcome, boot: &Boot<'_>, name: &str) -> Result<&'a StepOutput> {
    let step = outcome.steps.iter().find(|step| step.name == name);
    match step.map(|step| step.status) {
        Some(Some(0)) => {}
        status => {
            let cause = format!("ended with status {:?}", status.flatten());
            return Err(failed(boot, outcome, name, &cause));
        }
    }
    step.ok_or_else(|| failed(boot, outcome, name, "did not run"))
}

/// A failure of `what` in a guest.
pub fn failed(boot: &Boot<'_>, outcome: &Outcome, what: &str, cause: &str) -> Failure {
    Failure::test(format!("guest {}: {what}", boot.name), cause)
        .log(&outcome.console)
        .remedy("read the log; `make shell` gives a guest to try it by hand")
}

/// The benchmark's figures in one line, from its JSON.
fn bench_line(lines: &[String]) -> std::result::Result<String, String> {
    let text = lines.join("\n");
    let result: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("{error} in {text:?}"))?;
    let figure = |what: &str| -> std::result::Result<String, String> {
        let part = |which: &str| {
            let value = &result[what][which];
            value
                .as_f64()
                .filter(|figure| *figure > 0.0)
                .map(|_| value.to_string())
                .ok_or_else(|| format!("no figure for {what} {which} in {text:?}"))
        };
        Ok(format!(
            "{} {what} ({} to {})",
            part("median")?,
            part("min")?,
            part("max")?
        ))
    };
    let word = |name: &str| {
        result[name]
            .as_str()
            .map_or_else(|| result[name].to_string(), str::to_owned)
    };
    Ok(format!(
        "kmalloc_bench {} pwlocks={}: {} per object of {} bytes: {}, {}",
        word("kernel"),
        word("pwlocks"),
        word("unit"),
        word("size"),
        figure("kmalloc")?,
        figure("kfree")?,
    ))
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header([
        "kernel",
        "pwlocks",
        "drains",
        "works on isolated CPU",
        "times switched out",
        "drain us p50",
        "p99",
        "max",
        "longest gap us",
        "folios in",
        "on lists",
        "in batches",
        "lost",
    ]);
    for row in rows {
        table.add_row([
            row.kernel.clone(),
            row.pwlocks.to_string(),
            row.drains.to_string(),
            row.works_run_on_isolated_cpu.to_string(),
            row.involuntary_switches.to_string(),
            row.drain_us.p50.to_string(),
            row.drain_us.p99.to_string(),
            row.drain_us.max.to_string(),
            row.longest_gap_us.to_string(),
            row.folios.entered.to_string(),
            row.folios.on_lru.to_string(),
            row.folios.in_batch.to_string(),
            row.folios.lost.to_string(),
        ]);
    }
    table
}

/// The figures in a sentence for someone who never heard of a local lock.
fn meaning(rows: &[Row]) -> String {
    let sum = |mode: u32, figure: fn(&Row) -> u64| -> u64 {
        let rows = rows.iter().filter(|row| row.pwlocks == mode);
        rows.map(figure).sum()
    };
    format!(
        "When other CPUs asked for their memory bookkeeping {} times, the program that had a CPU to itself \
         was thrown off it {} times with pwlocks=0 and {} times with pwlocks=1, where the CPU that asks \
         does the work itself; not one of {} pages went missing.",
        sum(0, |row| row.drains),
        sum(0, |row| row.involuntary_switches),
        sum(1, |row| row.involuntary_switches),
        sum(0, |row| row.folios.entered) + sum(1, |row| row.folios.entered),
    )
}

#[cfg(test)]
mod tests {
    use super::bench_line;

    #[test]
    fn the_benchs_json_becomes_a_line() {
        let json = "{\"kernel\":\"7.2.12+deb13-amd64\",\"pwlocks\":1,\"unit\":\"cycles\",\"size\":64,\n\
                    \"kmalloc\":{\"min\":60,\"median\":62,\"max\":75},\"kfree\":{\"min\":1,\"median\":2,\"max\":3}}";
        let lines: Vec<_> = json.lines().map(str::to_owned).collect();
        assert_eq!(
            bench_line(&lines).unwrap(),
            "kmalloc_bench 7.2.12+deb13-amd64 pwlocks=1: cycles per object of 64 bytes: \
             62 kmalloc (60 to 75), 2 kfree (1 to 3)"
        );
    }

    #[test]
    fn missing_and_zero_figures_are_refused() {
        assert!(bench_line(&[]).is_err());
        assert!(bench_line(&["{}".into()]).is_err());
        let zero = "{\"kmalloc\":{\"min\":0,\"median\":0,\"max\":0}}";
        assert!(bench_line(&[zero.into()]).is_err());
    }
}
