// SPDX-License-Identifier: GPL-2.0

//! What had a CPU instead of the loop, as the tracer's events tell: of each what it had itself, without
//! what came in between.

use nix::unistd::Pid;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one cause took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Noise {
    /// Times.
    count: u64,
    /// All of them together.
    total_ns: u64,
    /// The longest.
    max_ns: u64,
}

/// By what it was: `irq local_timer`, `softirq TIMER`, `thread kworker/3:1`, `nmi`.
pub type ByCause = BTreeMap<String, Noise>;

/// Sums up the events, but for those of `page_loop` and of the idle task, which are none.
pub fn by_cause(events: &[String], page_loop: Pid) -> ByCause {
    let mut causes = ByCause::new();

    for (cause, ns) in events.iter().filter_map(|event| noise(event, page_loop)) {
        let noise = causes.entry(cause).or_default();
        noise.count += 1;
        noise.total_ns += ns;
        noise.max_ns = noise.max_ns.max(ns);
    }
    causes
}

/// The cause and the nanoseconds of an event, `… thread_noise: name:number start 1.2 duration 3 ns`. An
/// NMI has no name and number.
fn noise(event: &str, page_loop: Pid) -> Option<(String, u64)> {
    let (before, rest) = event.split_once("_noise: ")?;
    let kind = before.split_whitespace().last()?;
    let (who, times) = rest
        .split_once(" start ")
        .or_else(|| rest.strip_prefix("start ").map(|times| ("", times)))?;
    let (_, duration) = times.split_once(" duration ")?;
    let ns = duration.split_whitespace().next()?.parse().ok()?;
    let Some((name, number)) = who.rsplit_once(':') else {
        return Some((kind.to_owned(), ns));
    };
    let is_thread = kind == "thread";

    if is_thread && (number == "0" || number == page_loop.to_string()) {
        return None;
    }
    Some((format!("{kind} {}", name.trim()), ns))
}

#[cfg(test)]
mod tests {
    use super::{Noise, by_cause};
    use nix::unistd::Pid;

    #[test]
    fn events() {
        let events = [
            "  loop-7  [003] d.h..  57.1: irq_noise: local_timer:236 start 57.1 duration 1845 ns",
            "  loop-7  [003] d.h..  57.2: irq_noise: local_timer:236 start 57.2 duration 155 ns",
            "  loop-7  [003] d.h..  57.2: softirq_noise:    SCHED:7 start 57.2 duration 20 ns",
            "  my w-8  [003] d....  57.3: thread_noise: kworker/3:1:57 start 57.3 duration 9 ns",
            "  my w-8  [003] d....  57.3: thread_noise: two words:58 start 57.3 duration 8 ns",
            "  <idle>-0 [003] d....  57.3: thread_noise: swapper/3:0 start 57.3 duration 99 ns",
            "  loop-7  [003] d....  57.3: thread_noise: bench_osnoise:7 start 57.3 duration 99 ns",
            "  loop-7  [003] d....  57.4: nmi_noise: start 57.4 duration 3 ns",
            "  loop-7  [003] d....  57.4: sched_switch: prev_comm=loop",
        ]
        .map(str::to_owned);
        let noise = |count, total_ns, max_ns| Noise {
            count,
            total_ns,
            max_ns,
        };
        let expected = [
            ("irq local_timer", noise(2, 2000, 1845)),
            ("nmi", noise(1, 3, 3)),
            ("softirq SCHED", noise(1, 20, 20)),
            ("thread kworker/3:1", noise(1, 9, 9)),
            ("thread two words", noise(1, 8, 8)),
        ]
        .map(|(cause, noise)| (cause.to_owned(), noise));
        assert_eq!(by_cause(&events, Pid::from_raw(7)), expected.into());
    }
}
