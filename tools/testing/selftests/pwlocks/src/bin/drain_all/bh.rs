// SPDX-License-Identifier: GPL-2.0

//! The second kind of per-CPU cache is drained by the workqueue in every mode, and only where it
//! has something.

use crate::Bench;
use selftests::{
    demo::{Drain, Operation, describe, is_batched, uapi},
    doing::Doing as _,
    ensure,
    ktap::Verdict,
    pin::Pinned,
};

/// Fills the cache of each CPU in turn and drains from CPU 0.
pub(crate) fn check(bench: &Bench) -> Verdict {
    let device = &*bench.device;

    device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
    for &cpu in &bench.cpus {
        let handles = device.alloc_pages(2).doing("ALLOC")?;
        let there = Pinned::to(cpu)?;
        device.op(Operation::BhAdd, &handles).doing("BH_ADD")?;
        drop(there);
        for folio in device.query_all(&handles).doing("QUERY")? {
            ensure!(
                is_batched(&folio, uapi::BATCH_BH),
                "after BH_ADD: {}",
                describe(&folio)
            );
        }
        let _caller = Pinned::to(bench.cpus[0])?;
        // No other drain touches it.
        device.drain_cpu(cpu).doing("DRAIN_CPU")?;
        let before = device.stats().doing("STATS")?;
        let drain = device.drain(Drain::All).doing("DRAIN_ALL")?;
        let after = device.stats().doing("STATS")?;
        ensure!(
            before.bh_slots == 2 && after.bh_slots == 0,
            "used slots before and after: {}, {}",
            before.bh_slots,
            after.bh_slots
        );
        ensure!(
            drain.bh_queued == 1 && drain.works == 0,
            "CPU {cpu} had two folios there and nothing in the other batches: {drain:?}"
        );
        ensure!(
            after.bh_queued - before.bh_queued == 1,
            "STATS counts {} works",
            after.bh_queued - before.bh_queued
        );
        for folio in device.query_all(&handles).doing("QUERY")? {
            ensure!(folio.batches == 0, "still there: {}", describe(&folio));
        }
        device.op(Operation::Free, &handles).doing("FREE")?;
    }
    Ok(())
}
