// SPDX-License-Identifier: GPL-2.0

//! CACHE_DISABLE and CACHE_ENABLE.

use crate::Bench;
use selftests::{
    demo::{Drain, Operation, describe, is_listed, uapi},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    pin::Pinned,
};

/// What was in a batch of any CPU before CACHE_DISABLE is on a list after it.
pub(crate) fn drains(bench: &Bench) -> Verdict {
    let device = &*bench.device;
    let handles = add_everywhere(bench)?;

    for folio in device.query_all(&handles).doing("QUERY")? {
        ensure!(!is_listed(&folio), "not in a batch: {}", describe(&folio));
    }
    let drain = device.cache_disable().doing("CACHE_DISABLE")?;
    let folios = device.query_all(&handles).doing("QUERY")?;
    device.cache_enable().doing("CACHE_ENABLE")?;
    ensure!(drain.shared == 0, "CACHE_DISABLE shared a pass: {drain:?}");
    for folio in folios {
        ensure!(
            folio.batches == 0 && folio.listed_seq != 0 && folio.listed_seq <= drain.seq_end,
            "was in a batch before CACHE_DISABLE: {}, {drain:?}",
            describe(&folio)
        );
    }
    device.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}

/// While it is disabled, twice even, nothing stays in a batch; and then it does again.
pub(crate) fn disables(bench: &Bench) -> Verdict {
    let device = &*bench.device;
    let batched = || -> Result<u64, Trouble> {
        let handles = add_everywhere(bench)?;
        let slots = device.stats().doing("STATS")?.slots;
        device.drain(Drain::All).doing("DRAIN_ALL")?;
        device.op(Operation::Free, &handles).doing("FREE")?;
        Ok(slots)
    };

    device.cache_disable().doing("CACHE_DISABLE")?;
    device.cache_disable().doing("CACHE_DISABLE")?;
    let twice = batched()?;
    device.cache_enable().doing("CACHE_ENABLE")?;
    let once = batched()?;
    let handles = device.alloc_pages(1).doing("ALLOC")?;
    for operation in [Operation::LruAdd, Operation::Activate, Operation::Mlock] {
        device
            .op(operation, &handles)
            .doing(format_args!("{operation:?}"))?;
        let folio = device.query(handles[0]).doing("QUERY")?;
        ensure!(
            folio.batches == 0 && is_listed(&folio),
            "after {operation:?} with the cache disabled: {}",
            describe(&folio)
        );
    }
    let unevictable = device.query(handles[0]).doing("QUERY")?.list;
    device.cache_enable().doing("CACHE_ENABLE")?;
    let enabled = batched()?;
    device.op(Operation::Free, &handles).doing("FREE")?;

    ensure!(
        unevictable == uapi::LIST_UNEVICTABLE,
        "MLOCK with the cache disabled left the folio on list {unevictable}"
    );
    let expected = (0, 0, bench.cpus.len() as u64);
    ensure!(
        (twice, once, enabled) == expected,
        "batch slots used while disabled twice, once, not: {:?}, expected {expected:?}",
        (twice, once, enabled)
    );
    Ok(())
}

/// A new folio given to the LRU on each CPU.
fn add_everywhere(bench: &Bench) -> Result<Vec<u64>, Trouble> {
    let device = &*bench.device;
    let handles = device.alloc_pages(bench.cpus.len() as u32).doing("ALLOC")?;

    for (&cpu, &handle) in bench.cpus.iter().zip(&handles) {
        let _there = Pinned::to(cpu)?;
        device.op(Operation::LruAdd, &[handle]).doing("LRU_ADD")?;
    }
    Ok(handles)
}
