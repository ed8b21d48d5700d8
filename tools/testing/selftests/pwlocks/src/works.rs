// SPDX-License-Identifier: GPL-2.0

//! Work items that ran, as the workqueue's tracepoint tells.

use std::collections::BTreeMap;

/// The tracepoint: a work begins to run, on the CPU that the event is recorded on.
pub const EVENT: &str = "workqueue/workqueue_execute_start";

/// Works by the function that they ran, followed by its module in brackets if it is in one.
pub type Works = BTreeMap<String, u64>;

/// The works among the events of a trace.
pub fn by_function(events: &[String]) -> Works {
    let mut works = Works::new();

    for event in events {
        let function = event
            .split_once("workqueue_execute_start:")
            .and_then(|(_, work)| work.split_once(": function "));
        if let Some((_, function)) = function {
            *works.entry(function.trim().to_owned()).or_default() += 1;
        }
    }
    works
}

/// How many of `works` are those of a drain: the kernel's, and those of our modules.
pub fn of_drains(works: &Works) -> u64 {
    let ours = |function: &str| {
        ["[mm_swap_live]", "[pwlocks]"]
            .iter()
            .any(|module| function.ends_with(module))
    };

    works
        .iter()
        .filter(|(function, _)| *function == "lru_add_drain_per_cpu" || ours(function))
        .map(|(_, count)| count)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_by_function() {
        let line = |function: &str| {
            format!(
                "  kworker/3:1-57  [003] d..1.  12.3: workqueue_execute_start: work struct \
                 00000000c0ffee00: function {function}"
            )
        };
        let events = [
            line("lru_add_drain_per_cpu"),
            line("run_queued [mm_swap_live]"),
            line("lru_add_drain_per_cpu").replace("_start", "_end"),
            line("lru_add_drain_per_cpu"),
        ];
        let expected = [
            ("lru_add_drain_per_cpu".to_owned(), 2),
            ("run_queued [mm_swap_live]".to_owned(), 1),
        ];
        assert_eq!(by_function(&events), expected.into());
    }

    #[test]
    fn the_kernels_and_ours() {
        let works: Works = [
            ("lru_add_drain_per_cpu", 1),
            ("run_queued [mm_swap_live]", 2),
            ("run_queued [pwlocks]", 4),
            ("vmstat_update", 8),
            ("lru_add_drain_per_cpu [other]", 16),
        ]
        .map(|(function, count)| (function.to_owned(), count))
        .into();
        assert_eq!(of_drains(&works), 7);
    }
}
