// SPDX-License-Identifier: GPL-2.0

//! Interrupts to all CPUs that a CPU waits for, time and again.
//!
//! Who spins with interrupts off until a task on that CPU has done something may wait for ever: the task can't
//! run while its CPU waits for the interrupt to be taken (`smp_call_function_many_cond()`). The kernel makes such
//! calls when it likes, for one when the memory is freed that a module's initialisation was in.

use crate::{
    ensure,
    ktap::{Trouble, Verdict},
    pin::Pinned,
    trace::Trace,
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// The trace buffer for which the kernel's code is changed, of which all CPUs have to take notice.
const TRACE: &str = "pwlocks_cross_calls";

/// It hardly happens.
const EVENT: &str = "sched/sched_process_fork";

/// Does `work` while such calls are made from `cpu`. Fails if `work` does, or if none was made.
pub fn meanwhile(cpu: usize, work: impl FnOnce() -> Verdict) -> Verdict {
    let trace = Trace::begin(TRACE, &[])?;
    let stop = AtomicBool::new(false);

    thread::scope(|scope| {
        let calls = scope.spawn(|| call_until(&stop, &trace, cpu));
        let verdict = work();

        stop.store(true, Ordering::Relaxed);
        let calls = calls
            .join()
            .unwrap_or_else(|_| Err("the thread that makes the calls panicked".into()))?;
        verdict?;
        ensure!(calls > 0, "no call was made meanwhile");
        Ok(())
    })
}

fn call_until(stop: &AtomicBool, trace: &Trace, cpu: usize) -> Result<u64, Trouble> {
    let _pinned = Pinned::to(cpu)?;
    let mut calls = 0;

    while !stop.load(Ordering::Relaxed) {
        trace.record(EVENT, true)?;
        trace.record(EVENT, false)?;
        calls += 2;
    }
    Ok(calls)
}
