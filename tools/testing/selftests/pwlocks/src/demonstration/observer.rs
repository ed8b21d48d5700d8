// SPDX-License-Identifier: GPL-2.0

//! What the isolated CPU had to do meanwhile.

use crate::{
    kernel_file,
    ktap::Trouble,
    pw_counts::{self, PwCounts},
    trace::Trace,
};
use nix::unistd::Pid;

const WORK: &str = "workqueue/workqueue_execute_start";
const SWITCH: &str = "sched/sched_switch";

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
    /// For what the loop was switched out.
    pub(super) switched_to: Vec<String>,
}

impl Observer {
    /// Starts to trace.
    pub(super) fn new(cpu: usize) -> Result<Self, Trouble> {
        let trace = Trace::begin("pwlocks_demonstration", &[WORK, SWITCH])?;

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

    /// What happened since.
    pub(super) fn end(&self, begin: &Begin) -> Result<Seen, Trouble> {
        let involuntary = involuntary_switches(begin.thread)? - begin.involuntary;
        let counts = pw_counts::of(self.cpu)?;
        let events = self.trace.events_on(self.cpu)?;
        let works = events.iter().filter(|event| is_our_work(event)).count();

        Ok(Seen {
            works: works as u64,
            involuntary,
            queued_by_pwlocks: counts.queued - begin.counts.queued,
            switched_to: events
                .iter()
                .filter_map(|event| switched_to(event, begin.thread))
                .collect(),
        })
    }
}

fn is_our_work(event: &str) -> bool {
    event.contains("workqueue_execute_start:") && event.contains(OUR_FUNCTION)
}

/// The task that `thread` was switched out for, if `event` says that.
fn switched_to(event: &str, thread: Pid) -> Option<String> {
    let (from, to) = event.split_once(" ==> ")?;

    from.split_whitespace()
        .any(|word| word.strip_prefix("prev_pid=") == Some(&thread.to_string()))
        .then(|| to.to_owned())
}

fn involuntary_switches(thread: Pid) -> Result<u64, Trouble> {
    let path = format!("/proc/self/task/{thread}/status");
    let status = kernel_file::read(&path)?;

    status
        .lines()
        .find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"))
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| Trouble::fail(format!("{path} does not count involuntary switches")))
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

    #[test]
    fn switch() {
        let line = "  loop-7  [003] d..2.  1.2: sched_switch: prev_comm=loop prev_pid=7 \
                    prev_prio=39 prev_state=R+ ==> next_comm=kworker/3:1 next_pid=57 next_prio=120";
        let to = switched_to(line, Pid::from_raw(7)).expect("a switch of 7");
        assert!(to.starts_with("next_comm=kworker/3:1 "));
        assert_eq!(switched_to(line, Pid::from_raw(57)), None);
    }
}
