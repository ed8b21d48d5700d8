// SPDX-License-Identifier: GPL-2.0

//! A try from an interrupt, of a lock that the interrupted task has taken before the mode changed.

use crate::{
    datum::Datum,
    flip,
    hardirq::Hardirq,
    interrupt::{
        Interrupt,
        Seen, //
    },
    kthread::{
        self,
        Place, //
    },
    nmi::Nmi,
    switch::{
        self,
        Switched, //
    },
    turn::Turn,
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use kernel::{
    new_mutex,
    prelude::*, //
};
use pwlocks::{
    lock::PwTryLock,
    new_pw_trylock, //
};

/// Takes the lock and calls the closure with it held.
type Hold = fn(&PwTryLock<Datum>, &dyn Fn());

/// From a hard interrupt.
pub(crate) fn hardirq() -> Verdict {
    trylock(&Hardirq)
}

/// From an NMI.
pub(crate) fn nmi() -> Verdict {
    trylock(&Nmi::new()?)
}

/// It is refused, in both directions: the lock is held in one way and tried in the other.
fn trylock<I: Interrupt>(interrupt: &I) -> Verdict {
    flip::is_sound()?;

    for from in [false, true] {
        refused(interrupt, from, |lock, meanwhile| {
            let guard = lock.lock_local();

            meanwhile();
            drop(guard);
        })?;
        refused(interrupt, from, |lock, meanwhile| {
            let guard = lock.try_lock_local();

            meanwhile();
            drop(guard);
        })?;
    }
    Ok(())
}

/// The stages: held, held with the other mode in force for who comes now, tried.
const HELD: u32 = 1;
const CHANGED: u32 = 2;
const TRIED: u32 = 3;

fn refused<I: Interrupt>(interrupt: &I, from: bool, hold: Hold) -> Verdict {
    let cpus = kthread::online()?;
    let [interrupter, .., target] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let when = if from {
        "held from remote mode"
    } else {
        "held from local mode"
    };
    let mode = Switched::to(from)?;
    let lock = new_pw_trylock!(|_| Datum::new())?;
    let turn = Turn::new();

    pin_init::stack_pin_init!(let seen = new_mutex!(Err(ETIMEDOUT)));
    let holder = || {
        hold(&lock, &|| {
            turn.reach(HELD);
            if switch::wait_for(!from, true) {
                turn.reach(CHANGED);
                // If nobody comes, the other side says so.
                let _ = turn.wait(TRIED);
            }
        });
    };
    // To remote mode the switch is only over when the lock is released, so a thread of its own has
    // to see to that.
    let switcher = || {
        if turn.wait(HELD) {
            let _ = mode.again(!from);
        }
    };
    let requester = || {
        if turn.wait(CHANGED) {
            *seen.lock() = Seen::by(interrupt, target, &lock);
        }
        turn.reach(TRIED);
    };

    // All exist before the lock is taken: the task that makes threads may be on the CPU that then
    // spins with preemption off.
    kthread::run(
        &[
            Place::On(target),
            Place::On(interrupter),
            Place::On(interrupter),
        ],
        |index| match index {
            0 => holder(),
            1 => switcher(),
            _ => requester(),
        },
    )?;
    core::mem::replace(&mut *seen.lock(), Err(ETIMEDOUT))?.check(0, when)?;
    ensure!(
        kthread::on(target, || lock.try_lock_local().is_some())?,
        "{when}: it stays held"
    );
    Ok(())
}
