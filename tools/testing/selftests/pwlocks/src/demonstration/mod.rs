// SPDX-License-Identifier: GPL-2.0

//! The demonstration: a real-time loop on an isolated CPU, and drains from another one.
//!
//! What is counted is whether the loop's CPU had to run drain work, and whether the loop was
//! switched out for it. Both the program that prints it and the test of its claim use this.

mod drains;
mod observer;
mod row;
mod spinner;
mod switch;

pub use row::{Folios, Micros, Row};
pub use switch::Switch;

use crate::{
    cpulist,
    demo::{Device, Modules, check_stats, is_batched, is_listed, uapi},
    doing::Doing as _,
    ensure, environment,
    home_cpu::home_cpu,
    ktap::Trouble,
    module,
    pin::Pinned,
    realtime::{self, Unthrottled},
};
use nix::sys::utsname;
use observer::Observer;
use spinner::Spinner;
use std::{sync::Arc, thread, time::Duration};

/// Drains that are made and timed.
pub const DRAINS: usize = 20;

/// Folios the loop can put into batches: for longer than everything may take.
const FOLIOS: u32 = 16384;

/// How long the loop runs alone first, for the isolated CPU to come to rest.
const SETTLE: Duration = Duration::from_millis(1500);

/// What was found, and what helps to explain it.
#[derive(Debug)]
pub struct Outcome {
    /// The figures.
    pub row: Row,
    /// Work queued on the isolated CPU meanwhile as pwlocks counts it.
    pub queued_by_pwlocks: u64,
    /// For whom the loop was switched out against its will, as the scheduler's tracepoints say.
    pub switches: Vec<Switch>,
}

impl Outcome {
    /// A line for each time that the loop was switched out.
    pub fn switches(&self) -> impl Iterator<Item = String> + '_ {
        self.switches
            .iter()
            .map(|switch| format!("the loop was switched out for {switch}"))
    }
}

/// The CPU the kernel isolates; skips if there is none.
pub fn isolated_cpu() -> Result<usize, Trouble> {
    if let Some(cpu) = environment::isolated() {
        return Ok(cpu);
    }
    cpulist::read("isolated")?
        .pop()
        .ok_or_else(|| Trouble::skip("the kernel isolates no CPU (isolcpus=)"))
}

/// Runs the whole demonstration; loads the modules if need be.
pub fn run() -> Result<Outcome, Trouble> {
    let isolated = isolated_cpu()?;
    let home = home_cpu(isolated)?;
    let _modules = Modules::need()?;
    let _home = Pinned::to(home)?;
    let _unthrottled = Unthrottled::now()?;
    let device = Arc::new(Device::open().doing("open")?);
    let handles = device.alloc_pages(FOLIOS).doing("ALLOC")?;

    let observer = Observer::new(isolated)?;
    let spinner = Spinner::start(Arc::clone(&device), handles.clone(), isolated)?;
    thread::sleep(SETTLE);
    let begin = observer.begin(spinner.thread_id())?;
    let drain_us = drains::run(&device, &spinner, DRAINS)?;
    let seen = observer.end(&begin)?;
    let spun = spinner.stop()?;

    let row = Row {
        subject: "demo",
        kernel: utsname::uname()?.release().to_string_lossy().into_owned(),
        flavour: flavour(),
        pwlocks: u8::from(module::parameter("pwlocks", "pwlocks")? == "1"),
        drains: drain_us.len(),
        works_run_on_isolated_cpu: seen.works,
        involuntary_switches: seen.involuntary,
        drain_us: Micros::of(drain_us),
        longest_gap_us: u64::try_from(spun.longest_gap.as_micros()).unwrap_or(u64::MAX),
        folios: folios(&device, &handles, spun.put)?,
    };
    Ok(Outcome {
        row,
        queued_by_pwlocks: seen.queued_by_pwlocks,
        switches: seen.switches,
    })
}

/// The kernel's flavour, by the names of build/run.json.
pub fn flavour() -> &'static str {
    if realtime::kernel_is_rt() {
        "rt-amd64"
    } else {
        "amd64"
    }
}

/// Where the folios are that the loop put into batches.
fn folios(device: &Device, handles: &[u64], put: u64) -> Result<Folios, Trouble> {
    check_stats(&device.stats().doing("STATS")?)?;
    let given = usize::try_from(put).unwrap_or(usize::MAX);
    let queries = device.query_all(&handles[..given]).doing("QUERY")?;
    let on_lru = queries.iter().filter(|&folio| is_listed(folio)).count() as u64;
    let in_batch = queries
        .iter()
        .filter(|&folio| !is_listed(folio) && is_batched(folio, uapi::BATCH_LRU_ADD))
        .count() as u64;

    ensure!(put > 0, "the loop put no folio into a batch");
    Ok(Folios {
        r#in: put,
        on_lru,
        in_batch,
        lost: put - on_lru - in_batch,
    })
}
