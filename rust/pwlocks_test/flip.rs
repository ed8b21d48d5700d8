// SPDX-License-Identifier: GPL-2.0

//! Locks that are held when a switch of the mode begins: it waits for those that it has to, and each
//! guard releases what it took.

use crate::{
    context::{
        self,
        Context, //
    },
    datum::Datum,
    kthread::{
        self,
        Place, //
    },
    remote,
    switch::{
        self,
        Switched, //
    },
    turn::{
        self,
        Turn, //
    },
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
    time::Delta,
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

/// Whether a switch was seen not to wait, or a guard not to survive one: then a lock stays held or
/// does not exclude, and a test that switches under load would not end well.
static BROKEN: Atomic<bool> = Atomic::new(false);

/// Fails if one of these tests has failed before.
pub(crate) fn is_sound() -> Verdict {
    ensure!(
        !BROKEN.load(Relaxed),
        "not tried: a switch does not wait, or a guard does not survive it, see flip/local"
    );
    Ok(())
}

/// How long a lock stays held once a switch is seen to be under way: long enough for one that does
/// not wait to come to its end.
const LINGER: Delta = Delta::from_millis(100);

/// The stages: held, about to be released, and released as it must be.
const HELD: u32 = 1;
const RELEASING: u32 = 2;
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
    // Who holds a local lock of remote mode excludes who comes later by being where it is.
    for (from, waits) in [(false, !context::is_preempt_rt()), (true, false)] {
        let mode = Switched::to(from)?;

        noted(survives(&mode, from, waits, |lock, turn| {
            let context = Context::now();

            hold(lock, &|| wait_for_switch(turn, !from, true));
            released(turn, context);
            Ok(())
        }))?;
    }
    Ok(())
}

/// A guard of `lock()`: a worker's, then a requester's.
pub(crate) fn owner() -> Verdict {
    for (from, waits) in [(false, !context::is_preempt_rt()), (true, true)] {
        let mode = Switched::to(from)?;

        noted(survives(&mode, from, waits, |lock, turn| {
            work_holder(lock, turn, from)
        }))?;
    }
    Ok(())
}

fn noted(verdict: Verdict) -> Verdict {
    if verdict.is_err() {
        BROKEN.store(true, Relaxed);
    }
    verdict
}

/// Switches while `holder`, in a thread of `cpu`, holds that CPU's lock. If the switch `waits`, it
/// must not be over while the lock is held.
fn survives(
    mode: &Switched,
    from: bool,
    waits: bool,
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

    let (held, waited) = kthread::scope(
        &[Place::On(cpu)],
        |_| {
            // What goes wrong here shows as a stage that is not reached.
            let _ = holder(&lock, &turn);
        },
        |_| {
            let held = turn.wait(HELD);

            mode.again(!from)?;
            let waited = turn.is_reached(RELEASING);
            Ok::<_, Error>((held && turn.wait(RELEASED), waited))
        },
    )??;
    ensure!(
        held,
        "{way}: the holder did not get the lock, or did not see the switch begin"
    );
    ensure!(
        waited || !waits,
        "{way}: the switch was over while the lock was held"
    );
    ensure!(
        turn.is_reached(BALANCED),
        "{way}: the holder's context changed"
    );

    // Both primitives are to be free, so look in both modes.
    for remote in [!from, from] {
        mode.again(remote)?;
        kthread::on(cpu, || is_free(&lock))?.map_err(|trouble| {
            let now = if remote { "remote" } else { "local" };

            fail!("switched from {way}, then in {now} mode: {trouble}")
        })?;
    }
    Ok(())
}

fn work_holder(lock: &Arc<PwTryLock<Datum>>, turn: &Arc<Turn>, from: bool) -> Verdict {
    let work = {
        let (lock, turn) = (lock.clone(), turn.clone());

        remote::work(move |owner| {
            let context = Context::now();

            if let Some(guard) = lock.lock(owner) {
                wait_for_switch(&turn, !from, false);
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

/// Holds until a switch `to` this mode is under way, and some more.
fn wait_for_switch(turn: &Turn, to: bool, by_key: bool) {
    turn.reach(HELD);
    if switch::wait_for(to, by_key) {
        turn::pass(LINGER);
        turn.reach(RELEASING);
    }
}

fn released(turn: &Turn, before: Context) {
    if !turn.is_reached(RELEASING) {
        return;
    }
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
