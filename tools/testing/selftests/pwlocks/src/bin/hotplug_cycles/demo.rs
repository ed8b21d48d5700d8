// SPDX-License-Identifier: GPL-2.0

//! The demo meanwhile: threads that do random things to folios, and one that drains the CPU that is
//! going down, by taking its locks.

use crate::cycle::{Aim, Cycle};
use nix::errno::Errno;
use selftests::{
    cpulist,
    demo::{Device, Drain, Worker, check_nothing_left},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    module::Module,
    random, repeat,
};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

/// Between two drains, unless a CPU is going down: leaves some of the machine to the others.
const PAUSE: Duration = Duration::from_micros(100);

/// What the thread that drains has done.
#[derive(Debug, Default)]
struct Aimed {
    /// Drains of the CPU at which it aims.
    drains: AtomicU64,
    /// Of which so many began while that was going down and were done for it by the thread itself.
    while_going_down: AtomicU64,
}

impl Aimed {
    /// Checks that something was done of all that `cycle` allows.
    fn check(&self, cycle: &Cycle) -> Verdict {
        ensure!(self.drains.load(Ordering::Relaxed) > 0, "nobody drained");
        ensure!(
            self.while_going_down.load(Ordering::Relaxed) > 0 || cycle.cpus().is_empty(),
            "no CPU was drained while it was going down: {self:?}"
        );
        Ok(())
    }
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
    let (aim, aimed) = (Aim::default(), Aimed::default());
    let stop = AtomicBool::new(false);

    println!("# PWLOCKS_SEED={seed}");
    let cycles = thread::scope(|scope| {
        let (aim, aimed, stop) = (&aim, &aimed, &stop);
        let threads: Vec<_> = workers
            .iter_mut()
            .map(|worker| scope.spawn(move || ending(stop, worker.run(stop))))
            .collect();
        let drainer = scope.spawn(move || ending(stop, drain(aim, aimed, stop)));
        let cycles = repeat::until_seen(count, |_| {
            ensure!(!stop.load(Ordering::Relaxed), "the load has ended before");
            cycle.once(aim)?;
            Ok(aimed.check(cycle).is_ok())
        });

        stop.store(true, Ordering::Relaxed);
        let worked = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())))
            .collect::<Result<Vec<()>, _>>();
        let drained = drainer.join().unwrap_or_else(|_| Err(panicked()));
        // Of a thread that has ended with an error the cycles only know that it has.
        worked.and(drained).map(|()| cycles)
    })?;
    cycles?;
    let steps: u64 = workers.iter().map(|worker| worker.steps).sum();
    println!("# {steps} random steps meanwhile; {aimed:?}");
    ensure!(steps > 0, "nothing was done meanwhile");
    aimed.check(cycle)?;
    drop(workers);
    check_nothing_left()
}

/// Drains the CPU at which it aims, and now and then all, until `stop`.
fn drain(aim: &Aim, aimed: &Aimed, stop: &AtomicBool) -> Verdict {
    let device = Device::open().doing("open")?;

    while !stop.load(Ordering::Relaxed) {
        let going_down = aim.is_going_down();
        match device.drain_cpu(aim.cpu()) {
            Ok(done) => {
                ensure!(
                    done.queued == 0,
                    "a drain in remote mode queued work: {done:?}"
                );
                aimed
                    .while_going_down
                    .fetch_add(u64::from(going_down), Ordering::Relaxed);
            }
            // It is down.
            Err(Errno::ENODEV) => {}
            Err(error) => return Err(error).doing("DRAIN_CPU"),
        }
        if aimed.drains.fetch_add(1, Ordering::Relaxed) % 16 == 0 {
            device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
        }
        if !aim.is_going_down() {
            thread::sleep(PAUSE);
        }
    }
    Ok(())
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
