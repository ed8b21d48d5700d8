// SPDX-License-Identifier: GPL-2.0

//! What the isolated CPU had to do meanwhile.

use super::switch::{self, Switch};
use crate::{
    ktap::Trouble,
    pw_counts::{self, PwCounts},
    tasks::involuntary_switches,
    trace::Trace,
};
use nix::unistd::Pid;

const WORK: &str = "workqueue/workqueue_execute_start";
const SWITCH: &str = "sched/sched_switch";
/// Before the wakeup itself, in the context of who asks for it.
const WAKING: &str = "sched/sched_waking";

/// How a trace names a function of the module.
const OUR_FUNCTION: &str = "[mm_swap_demo]";

/// Watches a CPU by the kernel's tracepoints.
#[derive(Debug)]
pub(super) struct Observer {
    cpu: usize,
    trace: Trace,
}

/// The state when the measured section began.
#[derive(Debug)]
pub(super) struct Begin {
    thread: Pid,
    involuntary: u64,
    counts: PwCounts,
}

/// What happened in the measured section.
#[derive(Debug)]
pub(super) struct Seen {
    /// Works of the module that ran on the CPU.
    pub(super) works: u64,
    /// How often the loop was switched out against its will.
    pub(super) involuntary: u64,
    /// Works queued on the CPU, by pwlocks' own count.
    pub(super) queued_by_pwlocks: u64,
    /// For whom the loop was switched out against its will.
    pub(super) switches: Vec<Switch>,
}

impl Observer {
    /// Starts to trace.
    pub(super) fn new(cpu: usize) -> Result<Self, Trouble> {
        let trace = Trace::begin("pwlocks_demonstration", &[WORK, SWITCH, WAKING])?;
        let here = format!("target_cpu == {cpu}");

        trace.filter(WAKING, &here)?;
        Ok(Self { cpu, trace })
    }

    /// Notes the state at the beginning, with `thread` as the loop.
    pub(super) fn begin(&self, thread: Pid) -> Result<Begin, Trouble> {
        self.trace.clear()?;
        Ok(Begin {
            thread,
            involuntary: involuntary_switches(thread)?,
            counts: pw_counts::of(self.cpu)?,
        })
    }

    /// What happened since. Ends the trace.
    pub(super) fn end(self, begin: &Begin) -> Result<Seen, Trouble> {
        self.trace.stop()?;
        let involuntary = involuntary_switches(begin.thread)? - begin.involuntary;
        let counts = pw_counts::of(self.cpu)?;
        let here = self.trace.events_on(self.cpu)?;
        let works = here.iter().filter(|event| is_our_work(event)).count();
        // Who wakes a task of the CPU may be on any.
        let everywhere = self.trace.events()?;

        Ok(Seen {
            works: works as u64,
            involuntary,
            queued_by_pwlocks: counts.queued - begin.counts.queued,
            switches: switch::of(begin.thread, &everywhere),
        })
    }
}

fn is_our_work(event: &str) -> bool {
    event.contains("workqueue_execute_start:") && event.contains(OUR_FUNCTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work() {
        let line = "  kworker/3:1-57  [003] d..1.  12.3: workqueue_execute_start: work struct \
                    00000000c0ffee00: function _RNvXs_run_queued [mm_swap_demo]";
        assert!(is_our_work(line));
        assert!(!is_our_work(&line.replace(" [mm_swap_demo]", "")));
        assert!(!is_our_work(&line.replace("execute_start", "execute_end")));
    }
}
