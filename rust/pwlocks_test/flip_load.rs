// SPDX-License-Identifier: GPL-2.0

//! The mode changes under load, again and again.

use crate::{
    context::Context,
    datum::Datum,
    flip,
    kthread::{
        self,
        Place, //
    },
    migration,
    switch::Switched,
    turn::{
        self,
        Turn, //
    },
    verdict::{
        ensure,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

const CHANGES: usize = 60;

/// Per CPU one task that takes the lock in every local way. There are no owners: those of one mode
/// and local users of the other don't exclude each other.
pub(crate) fn under_load() -> Verdict {
    migration::is_sound()?;
    flip::is_sound()?;

    let mut places = KVec::new();
    for &cpu in &kthread::online()? {
        places.push(Place::On(cpu), GFP_KERNEL)?;
    }

    let lock = new_pw_trylock!(|_| Datum::new())?;
    let mode = Switched::to(false)?;
    let stop = Turn::new();
    let visits = Atomic::<u64>::new(0);
    let bad = Atomic::<u64>::new(0);
    let unbalanced = Atomic::<u64>::new(0);

    kthread::scope(
        &places,
        |_| {
            while !stop.is_reached(1) {
                let context = Context::now();

                for good in [plain(&lock), irqsave(&lock), tried(&lock)] {
                    visits.fetch_add(1, Relaxed);
                    if !good {
                        bad.fetch_add(1, Relaxed);
                    }
                }
                if Context::now() != context {
                    unbalanced.fetch_add(1, Relaxed);
                }
            }
        },
        |_| {
            for change in 0..CHANGES {
                mode.again(change % 2 == 0);
                turn::pause();
            }
            stop.reach(1);
        },
    )?;

    let (visits, bad, unbalanced) = (
        visits.load(Relaxed),
        bad.load(Relaxed),
        unbalanced.load(Relaxed),
    );
    ensure!(visits > 0, "no visits");
    ensure!(
        bad == 0 && unbalanced == 0,
        "of {visits} visits {bad} were refused, not alone, or at the wrong CPU's; the context \
         changed {unbalanced} times"
    );
    Ok(())
}

fn plain(lock: &PwTryLock<Datum>) -> bool {
    let guard = lock.lock_local();
    guard.visit() && guard.cpu() == Cpu::current()
}

fn irqsave(lock: &PwTryLock<Datum>) -> bool {
    let guard = lock.lock_local_irqsave();
    guard.visit() && guard.cpu() == Cpu::current()
}

fn tried(lock: &PwTryLock<Datum>) -> bool {
    lock.try_lock_local()
        .is_some_and(|guard| guard.visit() && guard.cpu() == Cpu::current())
}
