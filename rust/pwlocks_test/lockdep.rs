// SPDX-License-Identifier: GPL-2.0

//! What lockdep makes of the locks.
//!
//! It stops with its first report, so of the tests that provoke one, each needs a kernel for itself.

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
    sync::Arc, //
};
use pwlocks::{
    lock::PwLock,
    new_pw_lock,
    owner::Owner, //
};

/// Takes a lock called `pwlocks_test_class` in every way: for /proc/lockdep to have its classes.
pub(crate) fn classes() -> Verdict {
    needs_lockdep()?;
    let lock = Arc::new(
        new_pw_lock!(|_| Datum::new(), "pwlocks_test_class")?,
        GFP_KERNEL,
    )?;

    for remote in [false, true] {
        let _mode = Switched::to(remote)?;

        on_each(|| drop(lock.lock_local()))?;
        for_each_owner(&lock, |lock, owner| {
            drop(lock.lock(owner));
        })?;
    }
    Ok(())
}

/// Within a `spinlock_t`, where a lock may be taken.
pub(crate) fn in_spinlock() -> Verdict {
    within(false)
}

/// Within a `raw_spinlock_t`, where on PREEMPT_RT it would sleep: lockdep must say so.
pub(crate) fn in_raw_spinlock() -> Verdict {
    within(true)
}

/// Another CPU's instance while this one's is held, in remote mode: with two that do so to each other
/// it would be a deadlock, so lockdep must report it the first time.
pub(crate) fn nested() -> Verdict {
    needs_lockdep()?;
    let _remote = Switched::to(true)?;
    let lock = Arc::new(new_pw_lock!(|_| Datum::new())?, GFP_KERNEL)?;
    let [first, second, ..] = kthread::online()?[..] else {
        return Err(Trouble::Skip("there is one CPU only"));
    };
    let work = {
        let lock = lock.clone();

        remote::work(move |owner| {
            let _this = lock.lock_local();
            let _other = lock.lock(owner);
        })?
    };

    kthread::on(first, || {
        work.queue_on(second);
        work.flush_on(second);
    })?;
    Ok(())
}

fn within(raw: bool) -> Verdict {
    needs_lockdep()?;
    let lock = new_pw_lock!(|_| Datum::new())?;

    for remote in [false, true] {
        let _mode = Switched::to(remote)?;

        // SAFETY: Released below, by this task.
        unsafe { bindings::pwlocks_test_lockdep_acquire(raw) };
        drop(lock.lock_local());
        // SAFETY: Acquired above.
        unsafe { bindings::pwlocks_test_lockdep_release(raw) };
    }
    Ok(())
}

/// Runs `func` on each CPU.
fn on_each(func: impl Fn() + Sync) -> Verdict {
    for &cpu in &kthread::online()? {
        kthread::on(cpu, &func)?;
    }
    Ok(())
}

/// Runs `func` for each CPU as the owner, from this one.
fn for_each_owner(
    lock: &Arc<PwLock<Datum>>,
    func: impl Fn(&PwLock<Datum>, &Owner<'_>) + Send + Sync + 'static,
) -> Verdict {
    let lock = lock.clone();
    let work = remote::work(move |owner| func(&lock, owner))?;

    for &cpu in &kthread::online()? {
        work.queue_on(cpu);
        work.flush_on(cpu);
    }
    Ok(())
}

fn needs_lockdep() -> Verdict {
    // SAFETY: Reads a variable of the kernel's.
    let works = unsafe { bindings::pwlocks_test_lockdep_works() };

    if !cfg!(CONFIG_PROVE_LOCKING) {
        return Err(Trouble::Skip("this kernel has no CONFIG_PROVE_LOCKING"));
    }
    ensure!(works, "lockdep has stopped after a report");
    Ok(())
}
