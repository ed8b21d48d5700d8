// SPDX-License-Identifier: GPL-2.0

//! Adders on the other CPUs that never pause, and one caller that checks each folio they added.

use crate::{
    Bench,
    promise::{self, Promise},
};
use selftests::{
    demo::{Drain, Operation, is_listed},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    pin::Pinned,
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

/// How long.
const TIME: Duration = Duration::from_secs(5);
/// Folios that were added and not yet looked at, at most.
const BACKLOG: usize = 256;

/// Checks the promise for a stream of folios.
pub(crate) fn check(bench: &Bench) -> Verdict {
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::sync_channel(BACKLOG);

    let kept = thread::scope(|scope| {
        for &cpu in &bench.cpus[1..] {
            let sender = sender.clone();
            let stop = &stop;
            scope.spawn(move || {
                if let Err(trouble) = add(bench, cpu, &sender, stop) {
                    // Nobody listens once the caller has failed.
                    let _ = sender.send(Err(trouble));
                }
            });
        }
        drop(sender);
        let result = drain(bench, &receiver);
        stop.store(true, Ordering::Relaxed);
        // Hangs up, so that no adder waits for room.
        drop(receiver);
        result
    })?;
    println!("# the promise was checked, and kept, for {kept} folios in batches");
    ensure!(kept > 0, "no folio was in a batch when a drain began");
    Ok(())
}

type Added = Result<u64, Trouble>;

fn add(bench: &Bench, cpu: usize, to: &SyncSender<Added>, stop: &AtomicBool) -> Verdict {
    let _here = Pinned::to(cpu)?;
    let operations = [Operation::LruAdd, Operation::MlockNew];

    for operation in operations.iter().cycle() {
        let handles = bench.device.alloc_pages(3).doing("ALLOC")?;
        bench
            .device
            .op(*operation, &handles)
            .doing(format_args!("{operation:?}"))?;
        for handle in handles {
            if stop.load(Ordering::Relaxed) || to.send(Ok(handle)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Drains again and again; for how many folios the promise was seen kept.
fn drain(bench: &Bench, added: &Receiver<Added>) -> Result<u64, Trouble> {
    let device = &*bench.device;
    let _here = Pinned::to(bench.cpus[0])?;
    let start = Instant::now();
    let mut waiting = Vec::new();
    let mut kept = 0;

    while start.elapsed() < TIME {
        let drain = device.drain(Drain::All).doing("DRAIN_ALL")?;
        for handle in added.try_iter() {
            waiting.push(handle?);
        }
        let mut arrived = Vec::new();
        for &handle in &waiting {
            let folio = device.query(handle).doing("QUERY")?;
            kept += u64::from(promise::check(&drain, &folio)? == Promise::Kept);
            if is_listed(&folio) {
                arrived.push(handle);
            }
        }
        waiting.retain(|handle| !arrived.contains(handle));
        if !arrived.is_empty() {
            device.op(Operation::Free, &arrived).doing("FREE")?;
        }
    }
    Ok(kept)
}
