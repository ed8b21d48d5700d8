// SPDX-License-Identifier: GPL-2.0

//! Guards that outlive a change of mode release what they took.

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
        fail,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

/// Whether a guard was seen not to survive a change of mode: then a lock stays held, and a test
/// that changes it under load would not end.
static BROKEN: Atomic<bool> = Atomic::new(false);

/// Fails if one of these tests has failed before.
pub(crate) fn is_sound() -> Verdict {
    ensure!(
        !BROKEN.load(Relaxed),
        "not tried: a guard does not survive a change of mode, see lock/flip_local"
    );
    Ok(())
}

/// The stages: held, mode changed, released, and released as it must be.
const HELD: u32 = 1;
const CHANGED: u32 = 2;
const RELEASED: u32 = 3;
const BALANCED: u32 = 4;

/// Takes a lock, lets the mode change by calling the closure, releases the lock.
type Hold = fn(&PwTryLock<Datum>, &dyn Fn());

/// A guard of `lock_local()`.
pub(crate) fn local() -> Verdict {
    both_ways(|lock, change| {
        let guard = lock.lock_local();

        change();
        drop(guard);
    })
}

/// A guard of `try_lock_local()`.
pub(crate) fn local_try() -> Verdict {
    both_ways(|lock, change| {
        let guard = lock.try_lock_local();

        change();
        drop(guard);
    })
}

fn both_ways(hold: Hold) -> Verdict {
    for from in [false, true] {
        let mode = Switched::to(from)?;

        noted(survives(&mode, from, |lock, turn| {
            kthread_holder(lock, turn, hold)
        }))?;
    }
    Ok(())
}

/// A guard of `lock()`, in work.
pub(crate) fn owner() -> Verdict {
    for from in [false, true] {
        let mode = Switched::to(from)?;

        noted(survives(&mode, from, work_holder))?;
    }
    Ok(())
}

fn noted(verdict: Verdict) -> Verdict {
    if verdict.is_err() {
        BROKEN.store(true, Relaxed);
    }
    verdict
}

/// Changes the mode while `holder`, in a thread of `cpu`, holds that CPU's lock.
fn survives(
    mode: &Switched,
    from: bool,
    holder: impl Fn(&Arc<PwTryLock<Datum>>, &Arc<Turn>) -> Verdict + Sync,
) -> Verdict {
    let cpu = *kthread::online()?.last().ok_or(ENODEV)?;
    let lock = Arc::new(new_pw_trylock!(|_| Datum::new())?, GFP_KERNEL)?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let way = if from {
        "remote to local"
    } else {
        "local to remote"
    };

    let held = kthread::scope(
        &[Place::On(cpu)],
        |_| {
            // What goes wrong here shows as a stage that is not reached.
            let _ = holder(&lock, &turn);
        },
        |_| {
            let held = turn.wait(HELD);

            mode.again(!from);
            turn.reach(CHANGED);
            held && turn.wait(RELEASED)
        },
    )?;
    ensure!(
        held,
        "{way}: the holder did not get the lock, or waited too long"
    );
    ensure!(
        turn.is_reached(BALANCED),
        "{way}: the holder's context changed"
    );

    // Both primitives are to be free, so look in both modes.
    for remote in [!from, from] {
        mode.again(remote);
        kthread::on(cpu, || is_free(&lock))?.map_err(|trouble| {
            let now = if remote { "remote" } else { "local" };

            fail!("changed from {way}, then in {now} mode: {trouble}")
        })?;
    }
    Ok(())
}

fn kthread_holder(lock: &Arc<PwTryLock<Datum>>, turn: &Arc<Turn>, hold: Hold) -> Verdict {
    let context = Context::now();

    hold(lock, &|| wait_for_change(turn));
    released(turn, context);
    Ok(())
}

fn work_holder(lock: &Arc<PwTryLock<Datum>>, turn: &Arc<Turn>) -> Verdict {
    let work = {
        let (lock, turn) = (lock.clone(), turn.clone());

        remote::work(move |owner| {
            let context = Context::now();

            if let Some(guard) = lock.lock(owner) {
                wait_for_change(&turn);
                drop(guard);
                released(&turn, context);
            }
        })?
    };
    let cpu = Cpu::current();

    work.queue_on(cpu);
    work.flush_on(cpu);
    Ok(())
}

fn wait_for_change(turn: &Turn) {
    turn.reach(HELD);
    // If it does not come, the other side finds the stage after it missing.
    let _ = turn.wait(CHANGED);
}

fn released(turn: &Turn, before: Context) {
    turn.reach(if Context::now() == before {
        BALANCED
    } else {
        RELEASED
    });
}

/// Fails unless this CPU's lock can be taken, twice, and released.
fn is_free(lock: &PwTryLock<Datum>) -> Verdict {
    let context = Context::now();

    for _ in 0..2 {
        let Some(guard) = lock.try_lock_local() else {
            return Err(fail!("the lock is still held"));
        };
        ensure!(guard.visit(), "the datum was not alone");
        drop(guard);
        context.restored("a lock and unlock")?;
    }
    Ok(())
}
