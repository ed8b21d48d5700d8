// SPDX-License-Identifier: GPL-2.0

//! The kernel's tracers of noise and of late timers, for one CPU.

use crate::{
    kernel_file,
    ktap::{Trouble, Verdict},
    trace::{self, Trace},
};
use std::{thread, time::Duration};

const CPUS: &str = "/sys/kernel/tracing/osnoise/cpus";
const POSSIBLE: &str = "/sys/devices/system/cpu/possible";

/// The tracer that does nothing.
const NONE: &str = "nop";

/// How long the kernel may take to tell of a new maximum. It does so by a work, and finds nothing in
/// the place of a trace buffer that is gone by then.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A tracer at work. It stops when this is dropped.
#[derive(Debug)]
pub struct CpuTracer {
    cpu: usize,
    // In this order: the CPUs can be changed while it does not run.
    trace: Trace,
    _one_cpu: OneCpu,
}

impl CpuTracer {
    /// Starts the tracer called `name` for `cpu`, with `events` as well. Skips if the kernel does not have
    /// it.
    pub fn start(name: &str, cpu: usize, events: &[&str]) -> Result<Self, Trouble> {
        trace::need_tracer(name)?;
        let one_cpu = OneCpu::set(cpu)?;
        let trace = Trace::begin(&format!("pwlocks_bench_{name}"), events)?;

        trace.tracer(name)?;
        Ok(Self {
            cpu,
            trace,
            _one_cpu: one_cpu,
        })
    }

    /// Forgets the events until now.
    pub fn clear(&self) -> Verdict {
        self.trace.clear()
    }

    /// The events on the CPU since.
    pub fn events(&self) -> Result<Vec<String>, Trouble> {
        self.trace.events_on(self.cpu)
    }
}

impl Drop for CpuTracer {
    fn drop(&mut self) {
        if let Err(trouble) = self.trace.tracer(NONE) {
            eprintln!("the tracer goes on: {trouble:?}");
        }
        thread::sleep(LAST_WORDS);
    }
}

/// The tracer looks at one CPU, until this value is gone: then at all, as after boot.
#[derive(Debug)]
struct OneCpu;

impl OneCpu {
    fn set(cpu: usize) -> Result<Self, Trouble> {
        kernel_file::write(CPUS, &cpu.to_string())?;
        Ok(Self)
    }
}

impl Drop for OneCpu {
    fn drop(&mut self) {
        // Not what it was before: the file can't be read but at once.
        let all = kernel_file::read_trimmed(POSSIBLE);
        if let Err(trouble) = all.and_then(|all| kernel_file::write(CPUS, &all)) {
            eprintln!("the tracer looks at one CPU still: {trouble:?}");
        }
    }
}
