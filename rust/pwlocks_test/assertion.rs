// SPDX-License-Identifier: GPL-2.0

//! The held assertion means the guard's CPU.

use crate::{
    bindings,
    datum::Datum,
    kthread, remote,
    switch::Switched,
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
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};
use pwlocks::new_pw_lock;

/// Whether the kernel warned since boot.
fn has_warned() -> bool {
    // SAFETY: Reads the taint flags.
    unsafe { bindings::pwlocks_test_has_warned() }
}

/// In the mode in force, then in remote mode.
pub(crate) fn remote() -> Verdict {
    if has_warned() {
        return Err(Trouble::Skip(
            "the kernel has warned before, of whatever it was",
        ));
    }

    by_owner()?;
    let _remote = Switched::to(true)?;
    by_owner()
}

/// In work for each CPU, which in remote mode holds another CPU's lock than this one's.
fn by_owner() -> Verdict {
    let cpus = kthread::online()?;
    let lock = Arc::new(new_pw_lock!(|_| Datum::new())?, GFP_KERNEL)?;
    let asserted = Arc::new(Atomic::<usize>::new(0), GFP_KERNEL)?;
    let work = {
        let (lock, asserted) = (lock.clone(), asserted.clone());

        remote::work(move |owner| {
            if let Some(guard) = lock.lock(owner) {
                lock.assert_held(&guard);
                asserted.fetch_add(1, Relaxed);
            }
        })?
    };

    let guard = lock.lock_local();
    lock.assert_held(&guard);
    drop(guard);

    for &cpu in &cpus {
        kthread::on(cpu, || {
            for &owner in &cpus {
                work.queue_on(owner);
                work.flush_on(owner);
            }
        })?;
    }

    let asserted = asserted.load(Relaxed);
    ensure!(
        asserted == cpus.len() * cpus.len(),
        "asserted {asserted} times with {} CPUs",
        cpus.len()
    );
    ensure!(
        !has_warned(),
        "an assertion warned although the guard is held; see the kernel log"
    );
    Ok(())
}
