// SPDX-License-Identifier: GPL-2.0

//! What the isolated CPU had to do meanwhile.

use crate::{
    interrupts::Interrupts,
    ktap::Trouble,
    module, pw_counts,
    tasks::involuntary_switches,
    trace::{self, Trace},
    works::{self, Works},
};
use nix::unistd::Pid;
use std::collections::BTreeMap;

const SWITCH: &str = "sched/sched_switch";

const TRACE: &str = "pwlocks_triggers";

/// What it records, of which the last is the last that it is told to.
const EVENTS: [&str; 2] = [works::EVENT, SWITCH];

/// Watches a CPU by the kernel's tracepoints, and the loop on it.
#[derive(Debug)]
pub(super) struct Observer {
    cpu: usize,
    page_loop: Pid,
    trace: Trace,
}

/// The state when the measured section began.
#[derive(Debug)]
pub(super) struct Begin {
    involuntary: u64,
    remote: Option<u64>,
    interrupts: Interrupts,
}

/// What happened in the measured section.
#[derive(Debug)]
pub(super) struct Seen {
    /// Works that ran on the CPU.
    pub(super) works: Works,
    /// How often the loop was switched out against its will.
    pub(super) involuntary: u64,
    /// Drains of the CPU that others made, by pwlocks' own count, where it is loaded.
    pub(super) remote: Option<u64>,
    /// Interrupts that came to the CPU, by vector.
    pub(super) interrupts: BTreeMap<String, u64>,
    /// For what the loop was switched out.
    pub(super) switched_to: Vec<String>,
}

impl Observer {
    /// Starts to trace `cpu`, on which `page_loop` runs.
    pub(super) fn new(cpu: usize, page_loop: Pid) -> Result<Self, Trouble> {
        Ok(Self {
            cpu,
            page_loop,
            trace: Trace::begin(TRACE, &EVENTS)?,
        })
    }

    /// Begins a measured section.
    pub(super) fn begin(&self) -> Result<Begin, Trouble> {
        self.trace.clear()?;
        Ok(Begin {
            involuntary: involuntary_switches(self.page_loop)?,
            remote: self.remote()?,
            interrupts: Interrupts::of(self.cpu)?,
        })
    }

    /// What happened since.
    pub(super) fn end(&self, begin: &Begin) -> Result<Seen, Trouble> {
        let interrupts = Interrupts::of(self.cpu)?.since(&begin.interrupts);
        let involuntary = involuntary_switches(self.page_loop)? - begin.involuntary;
        let remote = self.remote()?;
        let events = self.trace.events_on(self.cpu)?;

        Ok(Seen {
            works: works::by_function(&events),
            involuntary,
            remote: remote
                .zip(begin.remote)
                .map(|(after, before)| after - before),
            interrupts,
            switched_to: events
                .iter()
                .filter_map(|event| switched_to(event, self.page_loop))
                .collect(),
        })
    }

    fn remote(&self) -> Result<Option<u64>, Trouble> {
        if !module::is_loaded("pwlocks") {
            return Ok(None);
        }
        pw_counts::of(self.cpu).map(|counts| Some(counts.remote))
    }
}

/// Whether a program watches a CPU: then it has loaded and set all that it does for its requests.
pub fn watches() -> Result<bool, Trouble> {
    let [.., last] = EVENTS;

    trace::records(TRACE, last)
}

/// The task that `page_loop` was switched out for against its will, if `event` says that.
fn switched_to(event: &str, page_loop: Pid) -> Option<String> {
    let (from, to) = event.split_once(" ==> ")?;
    let pid = page_loop.to_string();
    let field = |name| {
        from.split_whitespace()
            .find_map(|word| word.strip_prefix(name))
    };

    (field("prev_pid=") == Some(&*pid) && field("prev_state=")?.starts_with('R'))
        .then(|| to.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switch() {
        let line = "  loop-7  [003] d..2.  1.2: sched_switch: prev_comm=loop prev_pid=7 \
                    prev_prio=39 prev_state=R+ ==> next_comm=kworker/3:1 next_pid=57 next_prio=120";
        let to = switched_to(line, Pid::from_raw(7)).expect("a switch of 7");
        assert!(to.starts_with("next_comm=kworker/3:1 "));
        assert_eq!(switched_to(line, Pid::from_raw(57)), None);
        // It sleeps.
        let line = line.replace("R+", "D");
        assert_eq!(switched_to(&line, Pid::from_raw(7)), None);
    }
}
