// SPDX-License-Identifier: GPL-2.0

//! The demo meanwhile: threads that do random things to folios, and one that drains the CPU that is
//! going down, by taking its locks.

use crate::{
    cycle::{Aim, Cycle},
    repeat,
};
use nix::errno::Errno;
use selftests::{
    cpulist,
    demo::{Device, Drain, Worker, check_nothing_left},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    module::Module,
    random,
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Between two drains, unless a CPU is going down: leaves some of the machine to the others.
const PAUSE: Duration = Duration::from_micros(100);

/// What the thread that drains has done.
#[derive(Debug, Default)]
struct Aimed {
    /// Drains of the CPU at which it aims.
    drains: u64,
    /// Of which so many began while that was going down and were done for it by the thread itself.
    while_going_down: u64,
}

/// Goes through `cycle` `count` times while the demo is in use.
pub(crate) fn run(cycle: &Cycle, count: u64) -> Verdict {
    // Only in remote mode a drain comes from another CPU. Dropped in the reverse order.
    let _pwlocks = Module::need("pwlocks", "pwlocks=1")?;
    let _demo = Module::need("mm_swap_demo", "")?;
    let seed = random::seed();
    let online = cpulist::read("online")?;
    let mut workers = online
        .iter()
        .map(|&cpu| Worker::new(seed, cpu, online.len()))
        .collect::<Result<Vec<_>, _>>()?;
    let aim = Aim::default();
    let stop = AtomicBool::new(false);

    println!("# PWLOCKS_SEED={seed}");
    let (cycles, aimed) = thread::scope(|scope| {
        let (aim, stop) = (&aim, &stop);
        let threads: Vec<_> = workers
            .iter_mut()
            .map(|worker| scope.spawn(move || ending(stop, worker.run(stop))))
            .collect();
        let drainer = scope.spawn(move || ending(stop, drain(aim, stop)));
        let cycles = repeat(cycle, count, aim, || stop.load(Ordering::Relaxed));

        stop.store(true, Ordering::Relaxed);
        let worked = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())))
            .collect::<Result<Vec<()>, _>>();
        let aimed = drainer.join().unwrap_or_else(|_| Err(panicked()));
        // Of a thread that has ended with an error the cycles only know that it has.
        worked.and(aimed.map(|aimed| (cycles, aimed)))
    })?;
    cycles?;
    let steps: u64 = workers.iter().map(|worker| worker.steps).sum();
    println!("# {steps} random steps meanwhile; {aimed:?}");
    ensure!(steps > 0 && aimed.drains > 0, "nothing was done meanwhile");
    ensure!(
        aimed.while_going_down > 0 || cycle.cpus().is_empty(),
        "no CPU was drained while it was going down: {aimed:?}"
    );
    drop(workers);
    check_nothing_left()
}

/// Drains the CPU at which it aims, and now and then all, until `stop`.
fn drain(aim: &Aim, stop: &AtomicBool) -> Result<Aimed, Trouble> {
    let device = Device::open().doing("open")?;
    let mut aimed = Aimed::default();

    while !stop.load(Ordering::Relaxed) {
        let going_down = aim.is_going_down();
        match device.drain_cpu(aim.cpu()) {
            Ok(done) => {
                ensure!(
                    done.queued == 0,
                    "a drain in remote mode queued work: {done:?}"
                );
                aimed.while_going_down += u64::from(going_down);
            }
            // It is down.
            Err(Errno::ENODEV) => {}
            Err(error) => return Err(error).doing("DRAIN_CPU"),
        }
        aimed.drains += 1;
        if aimed.drains % 16 == 0 {
            device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
        }
        if !aim.is_going_down() {
            thread::sleep(PAUSE);
        }
    }
    Ok(aimed)
}

/// Has everything stop where something went wrong.
fn ending<T>(stop: &AtomicBool, result: Result<T, Trouble>) -> Result<T, Trouble> {
    if result.is_err() {
        stop.store(true, Ordering::Relaxed);
    }
    result
}

fn panicked() -> Trouble {
    Trouble::fail("a thread panicked, see the log")
}
