// SPDX-License-Identifier: GPL-2.0

//! The kernel's osnoise tracer, for one CPU.

use selftests::{
    bench::CpuTracer,
    kernel_file,
    ktap::{Trouble, Verdict},
    trace,
};

const TRACER: &str = "osnoise";
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
    // In this order: the options can be changed while it does not run.
    tracer: CpuTracer,
    _no_load: NoLoad,
}

impl Tracer {
    /// Starts it, for `cpu`. Skips if the kernel does not have it.
    pub fn start(cpu: usize) -> Result<Self, Trouble> {
        trace::need_tracer(TRACER)?;
        let no_load = NoLoad::set()?;

        Ok(Self {
            tracer: CpuTracer::start(TRACER, cpu, &EVENTS)?,
            _no_load: no_load,
        })
    }

    /// Forgets the events until now.
    pub fn clear(&self) -> Verdict {
        self.tracer.clear()
    }

    /// The events on the CPU since.
    pub fn events(&self) -> Result<Vec<String>, Trouble> {
        self.tracer.events()
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
