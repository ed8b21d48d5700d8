// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion, of local users and owners, on all CPUs at once.

use crate::{
    context::{
        self,
        Context, //
    },
    datum::Datum,
    kthread::{
        self,
        Place,
        Threads, //
    },
    migration, remote,
    turn::Turn,
    verdict::{
        ensure,
        fail,
        Verdict, //
    },
    way::{
        Irqsave,
        Plain,
        Try,
        Way, //
    },
};
use core::ops::Range;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    time::Delta,
};
use pwlocks::cpu::Cpu;

const DURATION: Delta = Delta::from_millis(1500);

/// What was seen. Each counter is a failure if it is not zero, but for the first three.
struct Tally {
    local: Atomic<u64>,
    by_owner: Atomic<u64>,
    refused: Atomic<u64>,
    /// Visits that were not alone.
    intruders: Atomic<u64>,
    /// Visits to another CPU's datum than the guard, the token or the CPU says, and tokens in the
    /// wrong hands.
    strangers: Atomic<u64>,
    /// Threads that ended in another context than they began in.
    unbalanced: Atomic<u64>,
}

impl Tally {
    fn new() -> Self {
        Self {
            local: Atomic::new(0),
            by_owner: Atomic::new(0),
            refused: Atomic::new(0),
            intruders: Atomic::new(0),
            strangers: Atomic::new(0),
            unbalanced: Atomic::new(0),
        }
    }

    fn visit(&self, datum: &Datum, visits: &Atomic<u64>, guard: Cpu, expected: Cpu) {
        if !datum.visit() {
            self.intruders.fetch_add(1, Relaxed);
        }
        if guard != expected {
            self.strangers.fetch_add(1, Relaxed);
        }
        visits.fetch_add(1, Relaxed);
    }

    fn local<W: Way>(&self, lock: &W) {
        let taken = lock.local(|guard, datum| {
            self.visit(datum, &self.local, guard, Cpu::current());
        });

        if !taken {
            self.refused.fetch_add(1, Relaxed);
        }
    }
}

/// `lock_local()` against `lock()`.
pub(crate) fn plain() -> Verdict {
    exclusion::<Plain>(false, herd)
}

/// `lock_local_irqsave()` against `lock_irqsave()`.
pub(crate) fn irqsave() -> Verdict {
    exclusion::<Irqsave>(false, herd)
}

/// `try_lock_local()` against `try_lock()`.
pub(crate) fn trylock() -> Verdict {
    exclusion::<Try>(true, herd)
}

/// Moves the roaming threads about for a while.
fn herd(threads: &Threads, roaming: Range<usize>, cpus: &[Cpu]) -> Verdict {
    migration::herd(threads, roaming, cpus, DURATION)?;
    Ok(())
}

/// Per CPU: a local user that stays, one that roams, and one that asks for work on all CPUs; and
/// `meanwhile`, which is given the threads, the indices of those that roam, and the CPUs.
pub(crate) fn exclusion<W: Way>(
    may_refuse: bool,
    meanwhile: impl FnOnce(&Threads, Range<usize>, &[Cpu]) -> Verdict,
) -> Verdict {
    migration::is_sound()?;

    let cpus = kthread::online()?;
    let n = cpus.len();
    let mut places = KVec::new();

    for &cpu in &cpus {
        places.push(Place::On(cpu), GFP_KERNEL)?;
    }
    for _ in &cpus {
        places.push(Place::Roaming, GFP_KERNEL)?;
    }
    for &cpu in &cpus {
        places.push(Place::On(cpu), GFP_KERNEL)?;
    }

    let lock = Arc::new(W::new()?, GFP_KERNEL)?;
    let tally = Arc::new(Tally::new(), GFP_KERNEL)?;
    let work = {
        let (lock, tally) = (lock.clone(), tally.clone());

        remote::work(move |owner| {
            let taken = lock.by_owner(owner, |guard, datum| {
                tally.visit(datum, &tally.by_owner, guard, owner.cpu());
            });

            if !taken {
                tally.refused.fetch_add(1, Relaxed);
            }
            // The token must say who runs this.
            if owner.is_requester() == context::in_worker() {
                tally.strangers.fetch_add(1, Relaxed);
            }
        })?
    };
    let stop = Turn::new();

    let requester = |first: usize| {
        for k in 0..n {
            let cpu = cpus[(first + k) % n];

            work.queue_on(cpu);
            if k % 2 == 0 {
                work.flush_on(cpu);
            }
        }
        for &cpu in &cpus {
            work.flush_on(cpu);
        }
    };
    let body = |index: usize| {
        let context = Context::now();

        while !stop.is_reached(1) {
            if index < 2 * n {
                tally.local(&*lock);
            } else {
                requester(index);
            }
        }
        if Context::now() != context {
            tally.unbalanced.fetch_add(1, Relaxed);
        }
    };

    kthread::scope(&places, body, |threads| {
        let verdict = meanwhile(threads, n..2 * n, &cpus);

        stop.reach(1);
        verdict
    })??;
    drop(work);

    let load = |counter: &Atomic<u64>| counter.load(Relaxed);
    let (local, by_owner) = (load(&tally.local), load(&tally.by_owner));
    let (intruders, strangers) = (load(&tally.intruders), load(&tally.strangers));
    let (refused, unbalanced) = (load(&tally.refused), load(&tally.unbalanced));
    let counted = lock.total();

    ensure!(
        local > 0 && by_owner > 0,
        "visits: local {local}, by owner {by_owner}"
    );
    if intruders + strangers + unbalanced > 0 || counted != local + by_owner {
        return Err(fail!(
            "of {local} + {by_owner} visits {counted} are counted, {intruders} not alone, \
             {strangers} at the wrong CPU's, {unbalanced} threads unbalanced"
        ));
    }
    ensure!(
        may_refuse || refused == 0,
        "refused {refused} times, with all CPUs online"
    );
    Ok(())
}
