// SPDX-License-Identifier: GPL-2.0

//! Tries of a lock that is held, from task context.

use crate::{
    context::Context,
    datum::Datum,
    kthread::{
        self,
        Place, //
    },
    remote,
    switch::Switched,
    turn::Turn,
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

/// Fails unless both tries of this CPU's lock come to `expected`, and change nothing if refused.
fn tries(lock: &PwTryLock<Datum>, expected: bool, when: &str) -> Verdict {
    let context = Context::now();

    let taken = lock.try_lock_local().is_some();
    ensure!(
        taken == expected,
        "{when}: try_lock_local takes it: {taken}"
    );
    context.restored(when)?;

    let taken = lock.try_lock_local_irqsave().is_some();
    ensure!(
        taken == expected,
        "{when}: try_lock_local_irqsave takes it: {taken}"
    );
    context.restored(when)
}

/// Held by this task, in each way there is.
pub(crate) fn held() -> Verdict {
    let lock = new_pw_trylock!(|_| Datum::new())?;

    kthread::on(Cpu::current(), || {
        tries(&lock, true, "free")?;

        let guard = lock.lock_local();
        tries(&lock, false, "held by lock_local")?;
        drop(guard);

        let guard = lock.lock_local_irqsave();
        tries(&lock, false, "held by lock_local_irqsave")?;
        drop(guard);

        let guard = lock.try_lock_local();
        tries(&lock, false, "held by try_lock_local")?;
        drop(guard);

        let guard = lock.try_lock_local_irqsave();
        tries(&lock, false, "held by try_lock_local_irqsave")?;
        drop(guard);

        tries(&lock, true, "free again")
    })?
}

/// Held by a requester on another CPU, in remote mode.
pub(crate) fn remote_holder() -> Verdict {
    let cpus = kthread::online()?;
    let [target, requester, ..] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let _remote = Switched::to(true)?;
    let lock = Arc::new(new_pw_trylock!(|_| Datum::new())?, GFP_KERNEL)?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let in_time = Arc::new(Turn::new(), GFP_KERNEL)?;
    let work = {
        let (lock, turn, in_time) = (lock.clone(), turn.clone(), in_time.clone());

        remote::work(move |owner| {
            let guard = lock.lock(owner);

            turn.reach(1);
            if turn.wait(2) && guard.is_some() {
                in_time.reach(1);
            }
        })?
    };

    kthread::scope(
        &[Place::On(requester)],
        |_| {
            work.queue_on(target);
        },
        |_| {
            let tried = if turn.wait(1) {
                kthread::on(target, || tries(&lock, false, "held by a remote holder"))
            } else {
                Err(ETIMEDOUT)
            };

            turn.reach(2);
            tried
        },
    )???;
    ensure!(
        in_time.is_reached(1),
        "the remote holder did not get the lock, or waited too long"
    );
    kthread::on(target, || tries(&lock, true, "released by a remote holder"))?
}
