// SPDX-License-Identifier: GPL-2.0

//! Whether a request is one drain, as all figures suppose.

use selftests::{
    ensure,
    ktap::Verdict,
    live::{Disk, OnlyDrain},
    trace::Trace,
};

const FUNCTION: &str = "lru_add_drain_all";

/// Requests that are made to see.
const REQUESTS: usize = 8;

/// Has the kernel trace its calls of the function.
pub fn check(disk: &Disk) -> Verdict {
    let drain = OnlyDrain::by(disk)?;
    let trace = Trace::begin("pwlocks_bench_once", &[])?;
    trace.calls_of(FUNCTION)?;

    for _ in 0..REQUESTS {
        drain.make()?;
    }
    trace.stop()?;
    let events = trace.events()?;
    let calls = events.iter().filter(|event| is_call(event)).count();
    ensure!(
        calls == REQUESTS,
        "{REQUESTS} requests called {FUNCTION}() {calls} times: {events:#?}"
    );
    Ok(())
}

fn is_call(event: &str) -> bool {
    event
        .split_once(" <-")
        .is_some_and(|(function, _)| function.ends_with(&format!(" {FUNCTION}")))
}

#[cfg(test)]
mod tests {
    use super::is_call;

    #[test]
    fn calls() {
        let line = "  bench_scale-71  [000] .....  3.4: lru_add_drain_all <-blkdev_flushbuf";
        assert!(is_call(line));
        assert!(!is_call(
            &line.replace("lru_add_drain_all", "my_lru_add_drain_all")
        ));
        assert!(!is_call(
            "  bench_scale-71  [000] .....  3.4: f <-lru_add_drain_all"
        ));
    }
}
