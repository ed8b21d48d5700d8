// SPDX-License-Identifier: GPL-2.0

//! Kernel tracepoints, in a trace buffer of our own.

use crate::{
    kernel_file,
    ktap::{Trouble, Verdict},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// The file with the kernel's tracers, in tracefs.
const AVAILABLE: &str = "available_tracers";

/// Skips if the kernel does not have the tracer called `name`.
pub fn need_tracer(name: &str) -> Verdict {
    let files = TRACEFS.map(|tracefs| Path::new(tracefs).join(AVAILABLE));
    let available = files.iter().find(|file| file.exists());
    let available = available.map_or_else(|| Ok(String::new()), kernel_file::read)?;

    if available.split_whitespace().any(|tracer| tracer == name) {
        return Ok(());
    }
    Err(Trouble::skip(format!(
        "the kernel has no {name} tracer, but {}",
        available.trim()
    )))
}

/// A trace buffer beside the global one, which stays as it is. It is removed on drop.
#[derive(Debug)]
pub struct Trace(PathBuf);

impl Trace {
    /// Makes a buffer, called `name` in tracefs, which begins with [`PREFIX`], and enables `events`, as `subsystem/event`.
    pub fn begin(name: &str, events: &[&str]) -> Result<Self, Trouble> {
        let folder = instances()?.join(name);
        fs::create_dir(&folder)
            .map_err(|error| Trouble::fail(format!("can't make {}: {error}", folder.display())))?;
        let trace = Self(folder);

        for event in events {
            trace.record(event, true)?;
        }
        Ok(trace)
    }

    /// Whether `event` is recorded from now on. The kernel changes its code for that when nobody else records it.
    pub fn record(&self, event: &str, is_recorded: bool) -> Result<(), Trouble> {
        let value = if is_recorded { "1" } else { "0" };

        kernel_file::write(enable(&self.0, event), value)
    }

    /// Records the calls of a function of the kernel as well, as `function <-caller`.
    pub fn calls_of(&self, function: &str) -> Result<(), Trouble> {
        kernel_file::write(self.0.join("set_ftrace_filter"), function)?;
        self.tracer("function")
    }

    /// Has one of the kernel's tracers run.
    pub fn tracer(&self, name: &str) -> Result<(), Trouble> {
        kernel_file::write(self.0.join("current_tracer"), name)
    }

    /// Records `event` only where `condition` holds of its fields, as `target_cpu == 3`.
    pub fn filter(&self, event: &str, condition: &str) -> Result<(), Trouble> {
        kernel_file::write(self.0.join("events").join(event).join("filter"), condition)
    }

    /// Forgets what was recorded so far.
    pub fn clear(&self) -> Result<(), Trouble> {
        fs::write(self.0.join("trace"), "")?;
        Ok(())
    }

    /// Records no more.
    pub fn stop(&self) -> Result<(), Trouble> {
        kernel_file::write(self.0.join("tracing_on"), "0")
    }

    /// The events recorded on `cpu`, one per line. Fails if some were lost.
    pub fn events_on(&self, cpu: usize) -> Result<Vec<String>, Trouble> {
        let folder = self.0.join("per_cpu").join(format!("cpu{cpu}"));

        complete(&folder)?;
        Ok(events(&kernel_file::read(folder.join("trace"))?))
    }

    /// The events recorded on all CPUs, one per line, by time. Fails if some were lost.
    pub fn events(&self) -> Result<Vec<String>, Trouble> {
        for entry in fs::read_dir(self.0.join("per_cpu"))? {
            complete(&entry?.path())?;
        }
        Ok(events(&kernel_file::read(self.0.join("trace"))?))
    }
}

/// How the names of the buffers that programs make begin.
pub const PREFIX: &str = "pwlocks_";

/// Whether there is a buffer called `name`, of any program, for which `event` is enabled.
pub fn records(name: &str, event: &str) -> Result<bool, Trouble> {
    let enabled = enable(&instances()?.join(name), event);

    // The buffer may be removed meanwhile.
    Ok(fs::read_to_string(enabled).is_ok_and(|text| text.trim() == "1"))
}

/// The file by which `event` is enabled for the buffer `folder`.
fn enable(folder: &Path, event: &str) -> PathBuf {
    folder.join("events").join(event).join("enable")
}

/// The folder with the buffers beside the global one.
pub fn instances() -> Result<PathBuf, Trouble> {
    TRACEFS
        .iter()
        .map(|tracefs| PathBuf::from(tracefs).join("instances"))
        .find(|instances| instances.is_dir())
        .ok_or_else(|| Trouble::fail("tracefs is not mounted"))
}

/// Fails if events are missing from the buffer of one CPU, which is `folder`.
fn complete(folder: &Path) -> Result<(), Trouble> {
    let stats = kernel_file::read(folder.join("stats"))?;
    let lost = stats.lines().any(|line| {
        line.split_once(": ")
            .is_some_and(|(name, count)| is_loss(name) && count.trim() != "0")
    });

    if lost {
        return Err(format!("{} is incomplete: {stats}", folder.display()).into());
    }
    Ok(())
}

/// The lines of a trace that are events.
fn events(trace: &str) -> Vec<String> {
    trace
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Whether a line of the buffer's statistics counts events that are missing.
fn is_loss(name: &str) -> bool {
    matches!(name, "overrun" | "commit overrun" | "dropped events")
}

impl Drop for Trace {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.0) {
            eprintln!("can't remove {}: {error}", self.0.display());
        }
    }
}
