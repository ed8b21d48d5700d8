// SPDX-License-Identifier: GPL-2.0

//! A second lock of what this CPU holds already, in local mode: a `BUG` ends the task there.
//!
//! Each test has the kernel oops, so they are for a guest that is thrown away. In remote mode, and on
//! PREEMPT_RT, the task would wait for itself for ever, which is not tested.

use crate::{
    context,
    datum::Datum,
    kthread,
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwLock,
    mode,
    new_pw_lock, //
};

/// `lock_local()` within itself.
pub(crate) fn lock_local() -> Verdict {
    stopped(|lock| {
        let _first = lock.lock_local();
        let _second = lock.lock_local();
    })
}

/// `lock_local_irqsave()` within itself.
pub(crate) fn lock_local_irqsave() -> Verdict {
    stopped(|lock| {
        let _first = lock.lock_local_irqsave();
        let _second = lock.lock_local_irqsave();
    })
}

/// One within the other.
pub(crate) fn mixed() -> Verdict {
    stopped(|lock| {
        let _first = lock.lock_local();
        let _second = lock.lock_local_irqsave();
    })
}

/// Fails if a thread comes back from `nest`.
fn stopped(nest: impl Fn(&PwLock<Datum>) + Sync) -> Verdict {
    if !cfg!(CONFIG_PWLOCKS) {
        return Err(Trouble::Skip("built with CONFIG_PWLOCKS=n"));
    }
    if mode::is_remote() || context::is_preempt_rt() {
        return Err(Trouble::Skip("nesting is a deadlock here"));
    }

    let lock = new_pw_lock!(|_| Datum::new())?;
    let came_back = kthread::comes_back(Cpu::current(), || nest(&lock))?;

    ensure!(!came_back, "two guards of one CPU's data at once");
    Ok(())
}
