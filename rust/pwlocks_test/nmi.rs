// SPDX-License-Identifier: GPL-2.0

//! Tries from a non-maskable interrupt, which comes at any instruction, also with interrupts off.

use crate::{
    bindings,
    context::{
        self,
        Context, //
    },
    datum::Datum,
    interrupt::{
        self,
        Interrupt, //
    },
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
    way::count_of, //
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

/// NMIs that the CPU under load gets.
const STORM: u32 = 2000;

/// The right to raise NMIs. Only one at a time.
///
/// # Invariants
///
/// The handler is registered.
pub(crate) struct Nmi(());

impl Nmi {
    /// Registers the handler. May sleep.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: Tests run one at a time, and a value of the last one is gone.
        to_result(unsafe { bindings::pwlocks_test_nmi_begin() })?;
        // INVARIANT: Just registered.
        Ok(Self(()))
    }
}

impl Drop for Nmi {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; each NMI was waited for.
        unsafe { bindings::pwlocks_test_nmi_end() };
    }
}

impl Interrupt for Nmi {
    fn call_on<F: Fn() + Sync>(&self, cpu: Cpu, func: &F) -> Result {
        // SAFETY: The handler is registered by the type invariants, and only one thread of a test
        // raises NMIs. `func` is an `F` and outlives the call, which is waited for.
        to_result(unsafe {
            bindings::pwlocks_test_nmi_call(
                cpu.id(),
                Some(call::<F>),
                core::ptr::from_ref(func).cast_mut().cast(),
            )
        })
    }

    fn is_here() -> bool {
        // SAFETY: Reads the caller's context.
        unsafe { bindings::pwlocks_test_in_nmi() }
    }
}

/// # Safety
///
/// `ctx` must point to a live `F`.
unsafe extern "C" fn call<F: Fn() + Sync>(ctx: *mut c_void) {
    // SAFETY: By the function's requirements; `F: Sync` may be shared with this CPU.
    let func = unsafe { &*ctx.cast::<F>() };

    func();
}

/// Of a lock that is free, or held with interrupts on.
pub(crate) fn trylock() -> Verdict {
    interrupt::trylock(&Nmi::new()?, |lock, meanwhile| {
        let _guard = lock.lock_local();

        meanwhile();
    })
}

/// Of a lock that is free, or held with interrupts off.
pub(crate) fn trylock_irqsave() -> Verdict {
    interrupt::trylock_by_itself(&Nmi::new()?, |lock, meanwhile| {
        let _guard = lock.lock_local_irqsave();

        meanwhile();
    })
}

/// What a CPU and the NMIs on it count.
struct Storm {
    by_task: Atomic<u64>,
    by_nmi: Atomic<u64>,
    refused: Atomic<u32>,
    intruders: Atomic<u32>,
    unbalanced: Atomic<u32>,
}

impl Storm {
    fn visit(&self, datum: &Datum, visits: &Atomic<u64>) {
        if !datum.visit() {
            self.intruders.fetch_add(1, Relaxed);
        }
        visits.fetch_add(1, Relaxed);
    }

    /// Takes and releases in each way that a task has.
    fn task(&self, lock: &PwTryLock<Datum>) {
        self.visit(&lock.lock_local(), &self.by_task);
        self.visit(&lock.lock_local_irqsave(), &self.by_task);
        if let Some(guard) = lock.try_lock_local() {
            self.visit(&guard, &self.by_task);
        }
        if let Some(guard) = lock.try_lock_local_irqsave() {
            self.visit(&guard, &self.by_task);
        }
    }

    fn nmi(&self, lock: &PwTryLock<Datum>) {
        let context = Context::now();

        match lock.try_lock_local() {
            Some(guard) => self.visit(&guard, &self.by_nmi),
            None => {
                self.refused.fetch_add(1, Relaxed);
            }
        }
        if Context::now() != context {
            self.unbalanced.fetch_add(1, Relaxed);
        }
    }
}

/// Of a lock that the interrupted task takes and releases all the time: wherever in that the NMI
/// comes, it takes the lock or is refused, and both see a datum of their own.
pub(crate) fn trylock_storm() -> Verdict {
    let cpus = kthread::online()?;
    let [target, requester, ..] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let interrupt = Nmi::new()?;
    let lock = new_pw_trylock!(|_| Datum::new())?;
    let stop = Turn::new();
    let storm = Storm {
        by_task: Atomic::new(0),
        by_nmi: Atomic::new(0),
        refused: Atomic::new(0),
        intruders: Atomic::new(0),
        unbalanced: Atomic::new(0),
    };

    kthread::scope(
        &[Place::On(target)],
        |_| {
            let context = Context::now();

            while !stop.is_reached(1) {
                storm.task(&lock);
            }
            if Context::now() != context {
                storm.unbalanced.fetch_add(1, Relaxed);
            }
        },
        |_| {
            let raised = kthread::on(requester, || {
                (0..STORM).try_for_each(|_| interrupt.call_on(target, &|| storm.nmi(&lock)))
            });

            stop.reach(1);
            raised
        },
    )???;

    let (by_task, by_nmi) = (storm.by_task.load(Relaxed), storm.by_nmi.load(Relaxed));
    let (refused, intruders) = (storm.refused.load(Relaxed), storm.intruders.load(Relaxed));
    let unbalanced = storm.unbalanced.load(Relaxed);
    // SAFETY: The counter is atomic.
    let counted = unsafe { lock.peek(target, count_of) };

    ensure!(
        intruders == 0 && unbalanced == 0 && counted == by_task + by_nmi,
        "of {by_task} + {by_nmi} visits {counted} are counted, {intruders} not alone, \
         {unbalanced} contexts unbalanced"
    );
    ensure!(
        by_nmi + u64::from(refused) == u64::from(STORM),
        "of {STORM} NMIs {by_nmi} took the lock and {refused} were refused"
    );
    if context::is_preempt_rt() {
        ensure!(by_nmi == 0, "{by_nmi} NMIs took the lock on PREEMPT_RT");
    } else {
        ensure!(
            by_nmi > 0 && refused > 0,
            "{by_nmi} NMIs took the lock, {refused} were refused: not both happened"
        );
    }
    Ok(())
}
