// SPDX-License-Identifier: GPL-2.0

//! Tries from a hard interrupt, of a lock that the interrupted task holds or does not hold.

use crate::{
    bindings,
    context::{
        self,
        Context, //
    },
    datum::Datum,
    kthread::{
        self,
        Place, //
    },
    turn::Turn,
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use core::ffi::c_void;
use kernel::{
    error::to_result,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

/// Calls `func` in a hard interrupt on `cpu`, which is another one, and waits for it.
fn call_on<F: Fn() + Sync>(cpu: Cpu, func: &F) -> Result {
    // SAFETY: `func` is an `F` and outlives the call, which is waited for.
    to_result(unsafe {
        bindings::pwlocks_test_call_on(
            cpu.id(),
            Some(call::<F>),
            core::ptr::from_ref(func).cast_mut().cast(),
        )
    })
}

/// # Safety
///
/// `ctx` must point to a live `F`.
unsafe extern "C" fn call<F: Fn() + Sync>(ctx: *mut c_void) {
    // SAFETY: By the function's requirements; `F: Sync` may be shared with this CPU.
    let func = unsafe { &*ctx.cast::<F>() };

    func();
}

/// What the interrupts saw, as counts.
struct Seen {
    in_hardirq: Atomic<u32>,
    taken: Atomic<u32>,
    refused: Atomic<u32>,
    unbalanced: Atomic<u32>,
}

/// How many tries an interrupt makes.
const TRIES: u32 = 2;

impl Seen {
    /// Interrupts `cpu` and has it try its lock.
    fn by_interrupting(cpu: Cpu, lock: &PwTryLock<Datum>) -> Result<Self> {
        let seen = Self {
            in_hardirq: Atomic::new(0),
            taken: Atomic::new(0),
            refused: Atomic::new(0),
            unbalanced: Atomic::new(0),
        };

        call_on(cpu, &|| {
            let context = Context::now();

            if context::in_hardirq() {
                seen.in_hardirq.fetch_add(1, Relaxed);
            }
            seen.count(lock.try_lock_local().is_some());
            seen.count(lock.try_lock_local_irqsave().is_some());
            if Context::now() != context {
                seen.unbalanced.fetch_add(1, Relaxed);
            }
        })?;
        Ok(seen)
    }

    fn count(&self, taken: bool) {
        let counter = if taken { &self.taken } else { &self.refused };

        counter.fetch_add(1, Relaxed);
    }

    fn check(&self, expected: u32, when: &str) -> Verdict {
        let (taken, refused) = (self.taken.load(Relaxed), self.refused.load(Relaxed));

        ensure!(
            self.in_hardirq.load(Relaxed) == 1,
            "{when}: that was no hard interrupt"
        );
        ensure!(
            taken == expected && refused == TRIES - expected,
            "{when}: {taken} tries took it, {refused} were refused"
        );
        ensure!(
            self.unbalanced.load(Relaxed) == 0,
            "{when}: the interrupt's context changed"
        );
        Ok(())
    }
}

/// Takes a free lock, but not on PREEMPT_RT; never takes a held one.
pub(crate) fn trylock() -> Verdict {
    let cpus = kthread::online()?;
    let [target, requester, ..] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let lock = new_pw_trylock!(|_| Datum::new())?;
    let free = if context::is_preempt_rt() { 0 } else { TRIES };

    kthread::on(requester, || Seen::by_interrupting(target, &lock))??.check(free, "free")?;

    let turn = Turn::new();
    let balanced = Turn::new();
    let seen = kthread::scope(
        &[Place::On(target)],
        |_| {
            let context = Context::now();
            let guard = lock.lock_local();

            turn.reach(1);
            let in_time = turn.wait(2);
            drop(guard);
            if in_time && Context::now() == context {
                balanced.reach(1);
            }
        },
        |_| {
            let seen = if turn.wait(1) {
                kthread::on(requester, || Seen::by_interrupting(target, &lock))
            } else {
                Err(ETIMEDOUT)
            };

            turn.reach(2);
            seen
        },
    )???;
    seen.check(0, "held by the interrupted task")?;
    ensure!(
        balanced.is_reached(1),
        "the holder waited too long or its context changed"
    );

    kthread::on(requester, || Seen::by_interrupting(target, &lock))??.check(free, "released")
}
