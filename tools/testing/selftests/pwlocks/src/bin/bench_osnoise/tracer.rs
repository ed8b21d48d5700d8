// SPDX-License-Identifier: GPL-2.0

//! The kernel's osnoise tracer, for one CPU.

use selftests::{
    kernel_file,
    ktap::{Trouble, Verdict},
    trace::Trace,
};

const AVAILABLE: &str = "/sys/kernel/tracing/available_tracers";
const TRACER: &str = "osnoise";

const CPUS: &str = "/sys/kernel/tracing/osnoise/cpus";
const POSSIBLE: &str = "/sys/devices/system/cpu/possible";
const OPTIONS: &str = "/sys/kernel/tracing/osnoise/options";

/// An event for each time that something had the CPU.
const EVENTS: [&str; 4] = [
    "osnoise/nmi_noise",
    "osnoise/irq_noise",
    "osnoise/softirq_noise",
    "osnoise/thread_noise",
];

/// The tracer at work. It stops when this is dropped.
#[derive(Debug)]
pub struct Tracer {
    cpu: usize,
    // In this order: the options can be changed while it does not run.
    trace: Trace,
    _no_load: NoLoad,
    _one_cpu: OneCpu,
}

impl Tracer {
    /// Skips if the kernel does not have it.
    pub fn is_there() -> Verdict {
        let available = kernel_file::read(AVAILABLE)?;

        if available.split_whitespace().any(|tracer| tracer == TRACER) {
            return Ok(());
        }
        Err(Trouble::skip(format!(
            "the kernel has no {TRACER} tracer, but {}",
            available.trim()
        )))
    }

    /// Starts it, for `cpu`.
    pub fn start(cpu: usize) -> Result<Self, Trouble> {
        let one_cpu = OneCpu::set(cpu)?;
        let no_load = NoLoad::set()?;
        let trace = Trace::begin("pwlocks_bench_osnoise", &EVENTS)?;

        trace.tracer(TRACER)?;
        Ok(Self {
            cpu,
            trace,
            _no_load: no_load,
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

/// The tracer's own threads, which else would spin on the CPU, don't run until this value is gone.
#[derive(Debug)]
struct NoLoad;

impl NoLoad {
    fn set() -> Result<Self, Trouble> {
        kernel_file::write(OPTIONS, "NO_OSNOISE_WORKLOAD")?;
        Ok(Self)
    }
}

impl Drop for NoLoad {
    fn drop(&mut self) {
        if let Err(trouble) = kernel_file::write(OPTIONS, "OSNOISE_WORKLOAD") {
            eprintln!("the tracer stays without its load: {trouble:?}");
        }
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
