// SPDX-License-Identifier: GPL-2.0

//! A local user waits for a remote holder; debugfs counts that.

use crate::{
    context::Context,
    datum::Datum,
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
    sync::Arc,
    time::Delta, //
};
use pwlocks::new_pw_lock;

/// How long the holder keeps the lock after the other side is about to take it.
const HOLD: Delta = Delta::from_millis(20);

/// On the last online CPU, whose count the reader of debugfs is to compare.
pub(crate) fn waited() -> Verdict {
    let cpus = kthread::online()?;
    let [requester, .., owner] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let _remote = Switched::to(true)?;
    let lock = Arc::new(new_pw_lock!(|_| Datum::new())?, GFP_KERNEL)?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let work = {
        let (lock, turn) = (lock.clone(), turn.clone());

        remote::work(move |owner| {
            let guard = lock.lock(owner);

            turn.reach(1);
            let in_time = turn.wait(2);
            turn::pass(HOLD);
            // The last thing before the release: a local user that did wait finds it done.
            if in_time && guard.as_ref().is_some_and(|guard| guard.visit()) {
                turn.reach(3);
            }
            drop(guard);
        })?
    };
    let balanced = Turn::new();

    kthread::scope(
        &[Place::On(owner)],
        |_| {
            let context = Context::now();

            if turn.wait(1) {
                turn.reach(2);
                let guard = lock.lock_local();
                let held_back = turn.is_reached(3);

                drop(guard);
                if held_back && Context::now() == context {
                    balanced.reach(1);
                }
            }
        },
        |_| kthread::on(requester, || work.queue_on(owner)),
    )??;
    ensure!(
        balanced.is_reached(1),
        "the local user did not wait for the remote holder, or its context changed"
    );
    Ok(())
}
