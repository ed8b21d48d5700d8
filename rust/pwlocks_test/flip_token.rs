// SPDX-License-Identifier: GPL-2.0

//! Owner tokens that were made before a switch open the right lock after it.

use crate::{
    datum::Datum,
    flip,
    kthread::{
        self,
        Place, //
    },
    remote,
    switch::Switched,
    turn::{
        self,
        Turn, //
    },
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full, //
        },
        Arc, //
    },
    time::Delta,
};
use pwlocks::new_pw_lock;

/// How long the worker keeps the lock while a requester wants it.
const HOLD: Delta = Delta::from_millis(50);

/// The stages: the worker has its token, the mode is switched, the worker has the lock.
const BEGUN: u32 = 1;
const SWITCHED: u32 = 2;
const HELD: u32 = 3;

/// A worker is queued in local mode and locks in remote mode: what it takes, a requester has to
/// wait for.
pub(crate) fn token() -> Verdict {
    flip::is_sound()?;

    let cpus = kthread::online()?;
    let [requester, .., owner] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let mode = Switched::to(false)?;
    let lock = Arc::new(new_pw_lock!(|_| Datum::new())?, GFP_KERNEL)?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let (good, bad) = (
        Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?,
        Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?,
    );
    let work = {
        let (lock, turn, good, bad) = (lock.clone(), turn.clone(), good.clone(), bad.clone());

        remote::work(move |owner| {
            let by_worker = !owner.is_requester();

            if by_worker {
                turn.reach(BEGUN);
                if !turn.wait(SWITCHED) {
                    bad.fetch_add(1, Full);
                }
            }
            let guard = lock.lock(owner);
            if by_worker {
                turn.reach(HELD);
                turn::pass(HOLD);
                good.fetch_add(1, Full);
            } else if good.load(Acquire) != 1 {
                // It came in while the worker was there.
                bad.fetch_add(1, Full);
            }
            if !guard.is_some_and(|guard| guard.visit() && guard.cpu() == owner.cpu()) {
                bad.fetch_add(1, Full);
            }
        })?
    };

    let queued = work.queue_on(owner);
    let begun = turn.wait(BEGUN);
    mode.again(true)?;
    turn.reach(SWITCHED);

    let ran_here = kthread::scope(
        &[Place::On(requester)],
        |_| {
            // In time or not, the requester's visit tells.
            if turn.wait(HELD) && work.queue_on(owner) {
                bad.fetch_add(1, Full);
            }
        },
        |_| turn.wait(HELD),
    )?;
    work.flush_on(owner);

    let (good, bad) = (good.load(Acquire), bad.load(Acquire));
    ensure!(
        queued && begun && ran_here && good == 1,
        "the worker did not come to the lock: queued {queued}, begun {begun}, held {ran_here}"
    );
    ensure!(
        bad == 0,
        "{bad} times a lock was refused, not exclusive, or work done in the wrong place"
    );
    Ok(())
}
