// SPDX-License-Identifier: GPL-2.0

//! Whose batches each drain takes.

use crate::Bench;
use nix::errno::Errno;
use selftests::{
    demo::{Drain, Operation, is_listed, uapi},
    doing::Doing as _,
    ensure,
    hotplug::{self, Offline},
    ktap::{Trouble, Verdict},
    pin::Pinned,
};

/// DRAIN empties the batches of the CPU it runs on and no other.
pub(crate) fn local(bench: &Bench) -> Verdict {
    one(bench, |there| {
        let _there = Pinned::to(there)?;
        bench.device.drain(Drain::Local).doing("DRAIN")
    })
}

/// DRAIN_CPU empties the batches of the CPU it names and no other.
pub(crate) fn one_cpu(bench: &Bench) -> Verdict {
    one(bench, |there| {
        bench
            .device
            .drain_cpu(there)
            .doing(format_args!("DRAIN_CPU {there}"))
    })
}

fn one(bench: &Bench, drain: impl Fn(usize) -> Result<uapi::Drain, Trouble>) -> Verdict {
    let device = &*bench.device;
    if bench.cpus.len() < 2 {
        return Err(Trouble::skip("there is one CPU only"));
    }
    device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
    let handles = device.alloc_pages(bench.cpus.len() as u32).doing("ALLOC")?;
    for (&cpu, &handle) in bench.cpus.iter().zip(&handles) {
        let _there = Pinned::to(cpu)?;
        device.op(Operation::LruAdd, &[handle]).doing("LRU_ADD")?;
    }
    for done in 1..=bench.cpus.len() {
        drain(bench.cpus[done - 1])?;
        let folios = device.query_all(&handles).doing("QUERY")?;
        let listed: Vec<_> = folios.iter().map(is_listed).collect();
        let expected: Vec<_> = (0..folios.len()).map(|index| index < done).collect();
        ensure!(
            listed == expected,
            "after draining CPUs {:?}, whether each CPU's folio is on a list: {listed:?}",
            &bench.cpus[..done]
        );
    }
    device.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}

/// A CPU that is down has nothing to drain: it was emptied when it went down.
pub(crate) fn offline(bench: &Bench) -> Verdict {
    let device = &*bench.device;
    let Some(cpu) = hotplug::removable()?.pop() else {
        return Err(Trouble::skip("no CPU can be taken down here"));
    };
    let handles = device.alloc_pages(1).doing("ALLOC")?;
    let there = Pinned::to(cpu)?;
    device.op(Operation::LruAdd, &handles).doing("LRU_ADD")?;
    drop(there);

    let offline = Offline::take(cpu)?;
    let result = device.drain_cpu(cpu);
    let folio = device.query(handles[0]).doing("QUERY")?;
    drop(offline);
    ensure!(
        result == Err(Errno::ENODEV),
        "DRAIN_CPU {cpu}, which is offline: {result:?}"
    );
    ensure!(
        is_listed(&folio),
        "CPU {cpu} went down and left a folio in its batch"
    );
    device.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}

/// No drain asks a CPU whose batches are empty: a forced one is a pass of its own, which looks first
/// as any pass does.
pub(crate) fn empty(bench: &Bench) -> Verdict {
    let device = &*bench.device;

    device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
    for drain in [Drain::All, Drain::AllForce] {
        let done = device.drain(drain).doing(format_args!("{drain:?}"))?;
        ensure!(
            done.works == 0 && done.bh_queued == 0,
            "nothing was in any batch, and {drain:?} did: {done:?}"
        );
    }
    Ok(())
}
