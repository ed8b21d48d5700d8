// SPDX-License-Identifier: GPL-2.0

//! Where work runs, how often, and what is waited for.

use crate::{
    context,
    datum::Datum,
    kthread::{
        self,
        Place, //
    },
    remote,
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
            Full,
            Relaxed, //
        },
        Arc, //
    },
    time::Delta,
};
use pwlocks::{
    cpu::{
        self,
        Cpu, //
    },
    mode,
    new_pw_lock, //
};

/// What the last run of some work saw.
struct Sight {
    runs: Atomic<u32>,
    owner: Atomic<u32>,
    ran_on: Atomic<u32>,
    task: Atomic<i32>,
    in_worker: Atomic<bool>,
}

impl Sight {
    const fn new() -> Self {
        Self {
            runs: Atomic::new(0),
            owner: Atomic::new(u32::MAX),
            ran_on: Atomic::new(u32::MAX),
            task: Atomic::new(-1),
            in_worker: Atomic::new(false),
        }
    }

    fn see(&self, owner: Cpu) {
        self.owner.store(owner.id(), Relaxed);
        self.ran_on.store(Cpu::current().id(), Relaxed);
        self.task.store(current!().pid(), Relaxed);
        self.in_worker.store(context::in_worker(), Relaxed);
        self.runs.fetch_add(1, Full);
    }
}

/// From every CPU for every CPU: on the requester in remote mode, on a worker of the owner in local
/// mode.
pub(crate) fn where_it_runs() -> Verdict {
    let cpus = kthread::online()?;
    let sight = Arc::new(Sight::new(), GFP_KERNEL)?;
    let work = {
        let sight = sight.clone();

        remote::work(move |owner| sight.see(owner.cpu()))?
    };

    for &requester in &cpus {
        for &owner in &cpus {
            kthread::on(requester, || {
                let runs = sight.runs.load(Acquire);
                let queued = work.queue_on(owner);
                work.flush_on(owner);

                let runs = sight.runs.load(Acquire) - runs;
                let (ran_on, task) = (sight.ran_on.load(Relaxed), sight.task.load(Relaxed));
                let in_worker = sight.in_worker.load(Relaxed);
                let of = sight.owner.load(Relaxed);
                let (from, to) = (requester.id(), owner.id());

                ensure!(runs == 1, "from {from} for {to}: ran {runs} times");
                ensure!(of == to, "from {from} for {to}: the token is for {of}");
                if mode::is_remote() {
                    ensure!(!queued, "from {from} for {to}: says that it was queued");
                    ensure!(
                        ran_on == from && task == current!().pid() && !in_worker,
                        "from {from} for {to}: ran on {ran_on} in task {task}"
                    );
                } else {
                    ensure!(queued, "from {from} for {to}: says that nothing was queued");
                    ensure!(
                        ran_on == to && task != current!().pid() && in_worker,
                        "from {from} for {to}: ran on {ran_on} in task {task}, a worker: {in_worker}"
                    );
                }
                Ok(())
            })??;
        }
    }
    Ok(())
}

/// What was asked for is done when `flush_on()` returns, for work that takes its time.
pub(crate) fn flush_waits() -> Verdict {
    let cpus = kthread::online()?;
    let begun = Arc::new(Atomic::<usize>::new(0), GFP_KERNEL)?;
    let done = Arc::new(Atomic::<usize>::new(0), GFP_KERNEL)?;
    let work = {
        let (begun, done) = (begun.clone(), done.clone());

        remote::work(move |_| {
            begun.fetch_add(1, Full);
            turn::pass(Delta::from_millis(30));
            done.fetch_add(1, Full);
        })?
    };

    for (before, &cpu) in cpus.iter().enumerate() {
        let queued = work.queue_on(cpu);

        ensure!(
            queued != mode::is_remote(),
            "for {}: queued is {queued}",
            cpu.id()
        );
        if !queued {
            let done = done.load(Acquire);
            ensure!(done == before + 1, "for {}: not done on return", cpu.id());
        }
        work.flush_on(cpu);

        let (begun, done) = (begun.load(Acquire), done.load(Acquire));
        ensure!(
            begun == before + 1 && done == before + 1,
            "for {}: after the flush {begun} are begun and {done} are done, not {}",
            cpu.id(),
            before + 1
        );
        // Nothing is queued: there is nothing to wait for.
        work.flush_on(cpu);
    }
    Ok(())
}

/// Asked for while it runs, it runs again; in local mode once, however often it is asked for.
pub(crate) fn requeue() -> Verdict {
    let cpus = kthread::online()?;
    let [requester, second, ..] = cpus[..] else {
        return Err(Trouble::Skip("only one CPU is online"));
    };
    let owner = *cpus.last().ok_or(ENODEV)?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let runs = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let late = Arc::new(Atomic::<bool>::new(false), GFP_KERNEL)?;
    let work = {
        let (turn, runs, late) = (turn.clone(), runs.clone(), late.clone());

        remote::work(move |_| {
            if runs.fetch_add(1, Full) == 0 {
                turn.reach(1);
                late.store(!turn.wait(2), Relaxed);
            }
        })?
    };

    let running = kthread::scope(
        &[Place::On(requester)],
        |_| {
            work.queue_on(owner);
        },
        |_| {
            let running = turn.wait(1);
            // In remote mode this is a second run, beside the first.
            let again = kthread::on(second, || {
                for _ in 0..3 {
                    work.queue_on(owner);
                }
                runs.load(Acquire)
            });

            turn.reach(2);
            again.map(|runs| (running, runs))
        },
    )??;
    work.flush_on(owner);

    let ran = runs.load(Acquire);
    // Local: the first is running, the other three are one.
    let expected = if mode::is_remote() {
        (true, 4)
    } else {
        (true, 1)
    };
    ensure!(
        running == expected && !late.load(Relaxed),
        "while the first is running, runs begun are {}, not {}",
        running.1,
        expected.1
    );
    let expected = if mode::is_remote() { 4 } else { 2 };
    ensure!(ran == expected, "ran {ran} times, not {expected}");
    Ok(())
}

/// For all CPUs, then a flush of all: each datum was visited once, under its lock.
pub(crate) fn all_cpus() -> Verdict {
    let cpus = kthread::online()?;
    let lock = Arc::new(new_pw_lock!(|_| Datum::new())?, GFP_KERNEL)?;
    let wrong = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let work = {
        let (lock, wrong) = (lock.clone(), wrong.clone());

        remote::work(move |owner| {
            let right = lock
                .lock(owner)
                .is_some_and(|guard| guard.cpu() == owner.cpu() && guard.visit());

            if !right {
                wrong.fetch_add(1, Relaxed);
            }
        })?
    };

    for &cpu in &cpus {
        work.queue_on(cpu);
    }
    for &cpu in &cpus {
        work.flush_on(cpu);
    }

    let wrong = wrong.load(Relaxed);
    ensure!(
        wrong == 0,
        "{wrong} runs were refused or got another CPU's lock"
    );
    for cpu in cpu::possible() {
        let expected = cpus.contains(&cpu).into();
        // SAFETY: The counter is atomic.
        let visits = unsafe { lock.peek(cpu, crate::way::count_of) };

        ensure!(
            visits == expected,
            "CPU {} was visited {visits} times",
            cpu.id()
        );
    }
    Ok(())
}
