// SPDX-License-Identifier: GPL-2.0

//! What a request for a drain of all CPUs does about pages that the isolated one has touched.

use selftests::{
    ktap::Trouble,
    live::{Batches, Disk, FULL_BATCH, OnlyDrain},
    trace::Trace,
    tsc,
    works::{self, Works},
};
use serde::Serialize;

/// Requests.
const REQUESTS: usize = 12;

/// By the names of the JSON lines.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Drained {
    pub(crate) requests: usize,
    /// Pages that were touched before each request.
    pub(crate) touched: usize,
    /// Of all pages, those that were on no list before the request, and after.
    pub(crate) waiting: usize,
    pub(crate) left: usize,
    /// Works of drains that the kernel ran for as many requests.
    pub(crate) works: u64,
    /// Instructions of all CPUs for one request, the median.
    pub(crate) request: f64,
}

/// Makes the requests on the CPU `here`.
pub(crate) fn measure(here: usize, isolated: usize, disk: &Disk) -> Result<Drained, Trouble> {
    let drain = OnlyDrain::by(disk)?;
    let batches = Batches::new(here, &[isolated], FULL_BATCH)?;
    let mut drained = Drained {
        requests: REQUESTS,
        touched: FULL_BATCH,
        waiting: 0,
        left: 0,
        works: 0,
        request: 0.0,
    };
    let mut costs = Vec::new();

    for _ in 0..REQUESTS {
        batches.refill()?;
        drained.waiting += batches.waiting()?;
        let start = tsc::read();
        drain.make()?;
        costs.push(tsc::read() - start);
        drained.left += batches.waiting()?;
    }
    // Not in the same pass: what is traced costs more.
    let trace = Trace::begin("pwlocks_bench_alternatives", &[works::EVENT])?;
    for _ in 0..REQUESTS {
        batches.refill()?;
        trace.clear()?;
        drain.make()?;
        let ran: Works = works::by_function(&trace.events()?);
        drained.works += works::of_drains(&ran);
    }
    drained.request = median(&mut costs);
    Ok(drained)
}

fn median(costs: &mut [u64]) -> f64 {
    costs.sort_unstable();
    let (lower, upper) = (costs[(costs.len() - 1) / 2], costs[costs.len() / 2]);

    (lower as f64 + upper as f64) / 2.0
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_of_an_even_number() {
        assert_eq!(median(&mut [9, 1, 5, 3]), 4.0);
        assert_eq!(median(&mut [9, 1, 5]), 5.0);
    }
}
