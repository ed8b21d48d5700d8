// SPDX-License-Identifier: GPL-2.0

//! Who took the CPU from the loop against its will, and who had woken that task.

use nix::unistd::Pid;
use std::fmt;

/// One time that the loop was switched out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// The task that ran next, by name and number.
    to: String,
    /// What ran where that task was woken, by name and number, and on which CPU: `loop-7 [003]`.
    woken_by: Option<String>,
}

/// The switches from `thread` to other tasks, given the trace of all CPUs by time.
pub(super) fn of(thread: Pid, events: &[String]) -> Vec<Switch> {
    events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| {
            let next = switched_to(event, thread)?;
            let pid = field(next, "next_pid=")?;
            let to = format!("{}-{pid}", field(next, "next_comm=")?);
            let woken_by = events[..at]
                .iter()
                .rev()
                .find_map(|event| waker(event, pid));

            Some(Switch { to, woken_by })
        })
        .collect()
}

/// What an event says of the task that `thread` was switched out for, if it is such an event and
/// the thread would have gone on: on PREEMPT_RT it may also sleep until a lock is free.
fn switched_to(event: &str, thread: Pid) -> Option<&str> {
    let (from, to) = event.split_once(" ==> ")?;
    let of_thread = field(from, "prev_pid=")? == thread.to_string();

    (of_thread && field(from, "prev_state=")?.starts_with('R')).then_some(to)
}

/// Who woke `pid`, if the event is about that.
fn waker(event: &str, pid: &str) -> Option<String> {
    let (context, woken) = event.split_once(" sched_waking: ")?;
    let mut words: Vec<_> = context.split_whitespace().collect();

    if field(woken, "pid=")? != pid {
        return None;
    }
    // Behind the CPU come flags and the time.
    let cpu = words.iter().rposition(|word| word.starts_with('['))?;
    words.truncate(cpu + 1);
    Some(words.join(" "))
}

/// The value of a field. A task's name may have spaces, its last word is lost then.
fn field<'a>(event: &'a str, name: &str) -> Option<&'a str> {
    event
        .split_whitespace()
        .find_map(|word| word.strip_prefix(name))
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.woken_by {
            Some(waker) => write!(f, "{}, woken by {waker}", self.to),
            None => write!(f, "{}, which was awake before", self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a guest whose kernel changed its clock meanwhile.
    const TRACE: &[&str] = &[
        "     kworker/u16:0-12      [001] d..3.    20.9: sched_waking: comm=kworker/3:1 pid=57 \
         prio=120 target_cpu=003",
        "         kwatchdog-63      [001] d..3.    21.4: sched_waking: comm=migration/3 pid=41 \
         prio=0 target_cpu=003",
        "              loop-7       [003] d..2.    21.4: sched_switch: prev_comm=loop prev_pid=7 \
         prev_prio=39 prev_state=R+ ==> next_comm=migration/3 next_pid=41 next_prio=0",
        "       migration/3-41      [003] d..2.    21.5: sched_switch: prev_comm=migration/3 \
         prev_pid=41 prev_prio=0 prev_state=S ==> next_comm=loop next_pid=7 next_prio=39",
        "              loop-7       [003] d..2.    21.6: sched_switch: prev_comm=loop prev_pid=7 \
         prev_prio=39 prev_state=D ==> next_comm=swapper/3 next_pid=0 next_prio=120",
    ];

    fn switches(thread: i32) -> Vec<String> {
        let events: Vec<_> = TRACE.iter().map(|&line| line.to_owned()).collect();
        let switches = of(Pid::from_raw(thread), &events);

        switches.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn who_and_by_whom() {
        assert_eq!(switches(7), ["migration/3-41, woken by kwatchdog-63 [001]"]);
    }

    #[test]
    fn of_this_thread_only() {
        assert!(switches(41).is_empty());
        assert!(switches(57).is_empty());
    }
}
