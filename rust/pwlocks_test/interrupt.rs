// SPDX-License-Identifier: GPL-2.0

//! Tries from an interrupt, of a lock that the interrupted task holds or does not hold.

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
    turn::Turn,
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use core::cell::Cell;
use kernel::{
    new_mutex,
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

/// A kind of interrupt that can be raised on a CPU.
pub(crate) trait Interrupt: Sync {
    /// Calls `func` in an interrupt on `cpu` and waits for it.
    fn call_on<F: Fn() + Sync>(&self, cpu: Cpu, func: &F) -> Result;

    /// Whether the caller is in such an interrupt.
    fn is_here() -> bool;
}

/// What the interrupts saw, as counts.
pub(crate) struct Seen {
    in_interrupt: Atomic<u32>,
    taken: Atomic<u32>,
    refused: Atomic<u32>,
    unbalanced: Atomic<u32>,
}

/// How many tries an interrupt makes.
const TRIES: u32 = 2;

impl Seen {
    /// Interrupts `cpu` and has it try its lock. The caller is on another CPU, or, where such an
    /// interrupt can be raised there, stays on that one.
    pub(crate) fn by<I: Interrupt>(
        interrupt: &I,
        cpu: Cpu,
        lock: &PwTryLock<Datum>,
    ) -> Result<Self> {
        let seen = Self {
            in_interrupt: Atomic::new(0),
            taken: Atomic::new(0),
            refused: Atomic::new(0),
            unbalanced: Atomic::new(0),
        };

        interrupt.call_on(cpu, &|| {
            let context = Context::now();

            if I::is_here() {
                seen.in_interrupt.fetch_add(1, Relaxed);
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

    /// Fails unless `expected` of the [`TRIES`] took the lock.
    pub(crate) fn check(&self, expected: u32, when: &str) -> Verdict {
        let (taken, refused) = (self.taken.load(Relaxed), self.refused.load(Relaxed));

        ensure!(
            self.in_interrupt.load(Relaxed) == 1,
            "{when}: that was no such interrupt"
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

/// How the interrupted task takes the lock and calls what it is given meanwhile.
type Hold<'a> = &'a (dyn Fn(&dyn Fn()) + Sync);

/// Takes a free lock, but not on PREEMPT_RT; never takes one that the interrupted task holds: `hold`
/// takes it, with interrupts on, and calls what it is given meanwhile. Another CPU interrupts.
pub(crate) fn trylock<I: Interrupt>(
    interrupt: &I,
    hold: impl Fn(&PwTryLock<Datum>, &dyn Fn()) + Sync,
) -> Verdict {
    let cpus = kthread::online()?;
    let [target, requester, ..] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };

    tries(hold, |lock, hold| {
        meanwhile(interrupt, target, requester, lock, hold)
    })
}

/// The same of a lock that is held with interrupts off, by a task that interrupts itself. If it waited
/// for another CPU, that one might wait for its interrupts to come on: who changes code or unmaps
/// memory stays on the CPU until all others have taken notice (`smp_call_function_many_cond()`).
pub(crate) fn trylock_by_itself<I: Interrupt>(
    interrupt: &I,
    hold: impl Fn(&PwTryLock<Datum>, &dyn Fn()) + Sync,
) -> Verdict {
    let cpus = kthread::online()?;
    let target = *cpus.first().ok_or(ENODEV)?;

    tries(hold, |lock, hold| by_itself(interrupt, target, lock, hold))
}

/// Has `seen` interrupt a task with the lock free, held, and free again.
fn tries(
    hold: impl Fn(&PwTryLock<Datum>, &dyn Fn()) + Sync,
    seen: impl Fn(&PwTryLock<Datum>, Hold<'_>) -> Result<Seen, Trouble>,
) -> Verdict {
    let lock = new_pw_trylock!(|_| Datum::new())?;
    let free = if context::is_preempt_rt() { 0 } else { TRIES };

    seen(&lock, &|meanwhile| meanwhile())?.check(free, "free")?;
    seen(&lock, &|meanwhile| hold(&lock, meanwhile))?.check(0, "held by the interrupted task")?;
    seen(&lock, &|meanwhile| meanwhile())?.check(free, "released")
}

/// What an interrupt sees that a task of `target` raises itself while it does `hold`.
fn by_itself<I: Interrupt>(
    interrupt: &I,
    target: Cpu,
    lock: &PwTryLock<Datum>,
    hold: Hold<'_>,
) -> Result<Seen, Trouble> {
    let (seen, balanced) = kthread::on(target, || {
        let context = Context::now();
        let seen = Cell::new(Err(EINVAL));

        hold(&|| seen.set(Seen::by(interrupt, target, lock)));
        (seen.into_inner(), Context::now() == context)
    })?;

    ensure!(balanced, "the interrupted task's context changed");
    Ok(seen?)
}

/// What an interrupt sees on `target`, whose task does `hold` with the interrupt meanwhile.
///
/// There is a task in any case: an idle CPU may call what others give it without an interrupt, from its
/// idle loop (`flush_smp_call_function_queue()` in `do_idle()`).
fn meanwhile<I: Interrupt>(
    interrupt: &I,
    target: Cpu,
    requester: Cpu,
    lock: &PwTryLock<Datum>,
    hold: Hold<'_>,
) -> Result<Seen, Trouble> {
    let turn = Turn::new();
    let balanced = Turn::new();
    pin_init::stack_pin_init!(let seen = new_mutex!(Err(ETIMEDOUT)));
    let interrupted = || {
        let context = Context::now();
        let in_time = Turn::new();

        hold(&|| {
            turn.reach(1);
            if turn.spin(2) {
                in_time.reach(1);
            }
        });
        if in_time.is_reached(1) && Context::now() == context {
            balanced.reach(1);
        }
    };
    let interrupter = || {
        if turn.wait(1) {
            *seen.lock() = Seen::by(interrupt, target, lock);
        }
        turn.reach(2);
    };

    // Both exist before the lock is taken: the task that makes threads may be on the CPU that then
    // spins with preemption off.
    kthread::run(
        &[Place::On(target), Place::On(requester)],
        |index| match index {
            0 => interrupted(),
            _ => interrupter(),
        },
    )?;
    let seen = core::mem::replace(&mut *seen.lock(), Err(ETIMEDOUT))?;
    ensure!(
        balanced.is_reached(1),
        "the interrupted task waited too long or its context changed"
    );
    Ok(seen)
}
