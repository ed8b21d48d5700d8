// SPDX-License-Identifier: GPL-2.0

//! Each kind of batch, on each CPU: filled there, drained from another, the effect seen.

use crate::Bench;
use selftests::{
    demo::{
        Device, Drain, Operation, describe, is_batched,
        uapi::{self, Query},
    },
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    pin::Pinned,
};

/// One kind of batch, and how to see that it was drained.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// What the folio is (`uapi::FOLIO_*`).
    flags: u32,
    /// What brings it where the operation applies; drained before that.
    first: &'static [Operation],
    operation: Operation,
    batch: u32,
    /// The list it must be on after the drain.
    list: u32,
    /// Flags it must then have, of those in `mask`.
    set: u32,
    mask: u32,
}

/// Every kind of batch but the buffer heads'.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "lru_add",
        flags: uapi::FOLIO_FILE,
        first: &[],
        operation: Operation::LruAdd,
        batch: uapi::BATCH_LRU_ADD,
        list: uapi::LIST_INACTIVE_FILE,
        set: uapi::FOLIO_LRU,
        mask: uapi::FOLIO_LRU | uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "lru_deactivate_file",
        flags: uapi::FOLIO_FILE,
        first: &[Operation::LruAdd, Operation::Activate],
        operation: Operation::DeactivateFile,
        batch: uapi::BATCH_LRU_DEACTIVATE_FILE,
        list: uapi::LIST_INACTIVE_FILE,
        set: 0,
        mask: uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "lru_deactivate",
        flags: 0,
        first: &[Operation::LruAdd, Operation::Activate],
        operation: Operation::Deactivate,
        batch: uapi::BATCH_LRU_DEACTIVATE,
        list: uapi::LIST_INACTIVE_ANON,
        set: 0,
        mask: uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "lru_lazyfree",
        flags: 0,
        first: &[Operation::LruAdd],
        operation: Operation::Lazyfree,
        batch: uapi::BATCH_LRU_LAZYFREE,
        list: uapi::LIST_INACTIVE_FILE,
        set: 0,
        mask: uapi::FOLIO_SWAPBACKED | uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "lru_activate",
        flags: 0,
        first: &[Operation::LruAdd],
        operation: Operation::Activate,
        batch: uapi::BATCH_LRU_ACTIVATE,
        list: uapi::LIST_ACTIVE_ANON,
        set: uapi::FOLIO_ACTIVE,
        mask: uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "lru_move_tail",
        flags: uapi::FOLIO_FILE,
        first: &[Operation::LruAdd],
        operation: Operation::MoveTail,
        batch: uapi::BATCH_LRU_MOVE_TAIL,
        list: uapi::LIST_INACTIVE_FILE,
        set: 0,
        mask: uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "lru_move_tail of a timer",
        flags: uapi::FOLIO_FILE,
        first: &[Operation::LruAdd],
        operation: Operation::MoveTailTimer,
        batch: uapi::BATCH_LRU_MOVE_TAIL,
        list: uapi::LIST_INACTIVE_FILE,
        set: 0,
        mask: uapi::FOLIO_ACTIVE,
    },
    Kind {
        name: "mlock of a folio on a list",
        flags: 0,
        first: &[Operation::LruAdd],
        operation: Operation::Mlock,
        batch: uapi::BATCH_MLOCK,
        list: uapi::LIST_UNEVICTABLE,
        set: uapi::FOLIO_MLOCKED | uapi::FOLIO_UNEVICTABLE,
        mask: uapi::FOLIO_MLOCKED | uapi::FOLIO_UNEVICTABLE,
    },
    Kind {
        name: "mlock of a new folio",
        flags: 0,
        first: &[],
        operation: Operation::MlockNew,
        batch: uapi::BATCH_MLOCK,
        list: uapi::LIST_UNEVICTABLE,
        set: uapi::FOLIO_MLOCKED | uapi::FOLIO_UNEVICTABLE,
        mask: uapi::FOLIO_MLOCKED | uapi::FOLIO_UNEVICTABLE,
    },
    Kind {
        name: "munlock",
        flags: 0,
        first: &[Operation::MlockNew],
        operation: Operation::Munlock,
        batch: uapi::BATCH_MLOCK,
        list: uapi::LIST_INACTIVE_ANON,
        set: 0,
        mask: uapi::FOLIO_MLOCKED | uapi::FOLIO_UNEVICTABLE,
    },
];

/// Fills the batch on each CPU, drains from another CPU, and looks for the effect.
pub(crate) fn check(bench: &Bench, kind: &Kind) -> Verdict {
    let device = &*bench.device;

    for &cpu in &bench.cpus {
        let folios = batched_on(device, cpu, kind)?;
        // A caller drains its own CPU without asking for work.
        let elsewhere = bench.cpus.iter().find(|&&other| other != cpu);
        let Some(&caller) = elsewhere else {
            return Err(Trouble::skip("there is one CPU only"));
        };
        let _caller = Pinned::to(caller)?;
        let drain = device.drain(Drain::All).doing("DRAIN_ALL")?;
        ensure!(
            drain.works >= 1,
            "CPU {cpu}'s batch was not seen: {drain:?}"
        );
        if let Some(remote) = bench.remote {
            let queued = if remote { 0 } else { drain.works };
            ensure!(
                drain.queued == queued,
                "{queued} works were to be queued: {drain:?}"
            );
        }
        for folio in device.query_all(&folios).doing("QUERY")? {
            drained(kind, &folio)?;
        }
        device.op(Operation::Free, &folios).doing("FREE")?;
    }
    Ok(())
}

/// Three folios in the batch of `cpu`.
fn batched_on(device: &Device, cpu: usize, kind: &Kind) -> Result<Vec<u64>, Trouble> {
    let _there = Pinned::to(cpu)?;
    let folios = device
        .alloc(3, 0, uapi::NODE_ANY, kind.flags)
        .doing("ALLOC")?;

    for &operation in kind.first {
        device
            .op(operation, &folios)
            .doing(format!("{operation:?}"))?;
        device.drain(Drain::All).doing("DRAIN_ALL")?;
    }
    let what = format!("{:?}", kind.operation);
    let result = device.op(kind.operation, &folios).doing(&what)?;
    ensure!(
        result.done == 3 && result.cpu as usize == cpu,
        "{what} of 3 folios on CPU {cpu}: {result:?}"
    );
    for folio in device.query_all(&folios).doing("QUERY")? {
        ensure!(
            is_batched(&folio, kind.batch) && folio.batched_seq != 0,
            "after {what}: {}",
            describe(&folio)
        );
    }
    Ok(folios)
}

fn drained(kind: &Kind, folio: &Query) -> Verdict {
    ensure!(
        folio.batches == 0 && folio.list == kind.list && folio.flags & kind.mask == kind.set,
        "after {:?} and a drain, expected on list {} with flags {:#x} of {:#x}: {}",
        kind.operation,
        kind.list,
        kind.set,
        kind.mask,
        describe(folio)
    );
    Ok(())
}
