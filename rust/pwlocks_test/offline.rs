// SPDX-License-Identifier: GPL-2.0

//! Work for a CPU that is down or goes down, and the callback for one that went.

use crate::{
    bindings,
    context::Context,
    datum::Datum,
    kthread, remote,
    turn::Turn,
    verdict::{
        ensure,
        Trouble,
        Verdict, //
    },
};
use kernel::{
    error::to_result,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
};
use pwlocks::{
    cpu::Cpu,
    hotplug::CpuDead,
    lock::PwTryLock,
    mode,
    new_pw_trylock,
    owner::Owner, //
};

/// A CPU that is down, until dropped.
struct Down(Cpu);

impl Down {
    /// The last online CPU, which is not the first.
    fn victim() -> Verdict<Cpu> {
        match kthread::online()?[..] {
            [_, .., last] => Ok(last),
            _ => Err(Trouble::Skip("only one CPU is online")),
        }
    }

    fn take(cpu: Cpu) -> Result<Self> {
        // SAFETY: A possible CPU's number.
        to_result(unsafe { bindings::pwlocks_test_cpu_down(cpu.id()) })?;
        Ok(Self(cpu))
    }
}

impl Drop for Down {
    fn drop(&mut self) {
        // SAFETY: A possible CPU's number.
        let result = to_result(unsafe { bindings::pwlocks_test_cpu_up(self.0.id()) });

        if let Err(error) = result {
            pr_err!("CPU {} does not come back: {:?}\n", self.0.id(), error);
        }
    }
}

/// How locking by the owner token went, over all ways and runs.
struct Outcome {
    lock: PwTryLock<Datum>,
    runs: Atomic<u32>,
    taken: Atomic<u32>,
    refused: Atomic<u32>,
    wrong: Atomic<u32>,
    unbalanced: Atomic<u32>,
}

/// How many ways there are.
const WAYS: u32 = 3;

impl Outcome {
    fn new() -> Result<Arc<Self>> {
        let outcome = Self {
            lock: new_pw_trylock!(|_| Datum::new())?,
            runs: Atomic::new(0),
            taken: Atomic::new(0),
            refused: Atomic::new(0),
            wrong: Atomic::new(0),
            unbalanced: Atomic::new(0),
        };

        Ok(Arc::new(outcome, GFP_KERNEL)?)
    }

    fn lock_all_ways(&self, owner: &Owner<'_>) {
        let context = Context::now();

        macro_rules! attempt {
            ($take:ident) => {
                match self.lock.$take(owner) {
                    Some(guard) if guard.cpu() == owner.cpu() && guard.visit() => &self.taken,
                    Some(_) => &self.wrong,
                    None => &self.refused,
                }
                .fetch_add(1, Relaxed);
                if Context::now() != context {
                    self.unbalanced.fetch_add(1, Relaxed);
                }
            };
        }

        attempt!(lock);
        attempt!(lock_irqsave);
        attempt!(try_lock);
        self.runs.fetch_add(1, Full);
    }

    /// Fails unless each run was given the lock, or each was refused.
    fn check(&self, runs: u32, given: bool, when: &str) -> Verdict {
        let ran = self.runs.load(Acquire);
        let (taken, refused) = (self.taken.load(Relaxed), self.refused.load(Relaxed));
        let (wrong, unbalanced) = (self.wrong.load(Relaxed), self.unbalanced.load(Relaxed));
        let expected = if given {
            (runs * WAYS, 0)
        } else {
            (0, runs * WAYS)
        };

        ensure!(ran == runs, "{when}: ran {ran} times, not {runs}");
        ensure!(
            (taken, refused) == expected && wrong == 0 && unbalanced == 0,
            "{when}: given {taken} times, refused {refused} times, the wrong lock {wrong} times, \
             context changed {unbalanced} times"
        );
        Ok(())
    }
}

/// Asked for a CPU that is down: remote mode does it, local mode is refused the lock.
pub(crate) fn offline() -> Verdict {
    let victim = Down::victim()?;
    let outcome = Outcome::new()?;
    let work = {
        let outcome = outcome.clone();

        remote::work(move |owner| outcome.lock_all_ways(owner))?
    };

    let down = Down::take(victim)?;
    work.queue_on(victim);
    work.flush_on(victim);
    drop(down);

    outcome.check(1, mode::is_remote(), "while the CPU is down")?;

    let outcome = Outcome::new()?;
    let work = {
        let outcome = outcome.clone();

        remote::work(move |owner| outcome.lock_all_ways(owner))?
    };
    work.queue_on(victim);
    work.flush_on(victim);
    outcome.check(1, true, "when the CPU is back")
}

/// The CPU goes down with one run under way and another one queued behind it, in local mode.
pub(crate) fn while_queued() -> Verdict {
    let victim = Down::victim()?;
    let outcome = Outcome::new()?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let late = Arc::new(Atomic::<bool>::new(false), GFP_KERNEL)?;
    let work = {
        let (outcome, turn, late) = (outcome.clone(), turn.clone(), late.clone());

        remote::work(move |owner| {
            turn.reach(1);
            // In remote mode it is the test's own task that runs this, and would wait for itself.
            if !mode::is_remote() && !turn.wait(2) {
                late.store(true, Relaxed);
            }
            outcome.lock_all_ways(owner);
        })?
    };

    work.queue_on(victim);
    let running = turn.wait(1);
    work.queue_on(victim);

    let down = Down::take(victim)?;
    turn.reach(2);
    work.flush_on(victim);
    drop(down);

    ensure!(running, "the work did not begin");
    ensure!(!late.load(Relaxed), "the work was not let go on in time");
    outcome.check(2, mode::is_remote(), "the CPU went down meanwhile")
}

/// The callback for a dead CPU is called once, elsewhere, with a token that opens the lock.
pub(crate) fn dead() -> Verdict {
    let victim = Down::victim()?;
    let outcome = Outcome::new()?;
    let astray = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let callback = {
        let (outcome, astray) = (outcome.clone(), astray.clone());

        KBox::pin_init(
            CpuDead::new(remote::Job::new(move |owner: &Owner<'_>| {
                if !owner.is_dead() || owner.cpu() != victim || Cpu::current() == victim {
                    astray.fetch_add(1, Relaxed);
                }
                outcome.lock_all_ways(owner);
            })),
            GFP_KERNEL,
        )?
    };

    drop(Down::take(victim)?);
    outcome.check(1, true, "the CPU went down")?;
    let astray = astray.load(Relaxed);
    ensure!(astray == 0, "the token is not for the dead CPU");

    drop(callback);
    drop(Down::take(victim)?);
    outcome.check(1, true, "after the callback was removed")
}
