// SPDX-License-Identifier: GPL-2.0

//! A local lock is that of the CPU it is taken on, however often the taker migrates.

use crate::{
    datum::Datum,
    kthread::{
        self,
        Place,
        Threads, //
    },
    turn::{
        self,
        Turn, //
    },
    verdict::{
        ensure,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

const DURATION: Delta = Delta::from_millis(1500);

/// How many threads roam per CPU: with company, a thread is often not running when it is moved.
const PER_CPU: usize = 2;

/// Whether a taker was seen to hold another CPU's lock: then locks don't exclude, and a test of
/// exclusion in local mode would end in a BUG.
static BROKEN: Atomic<bool> = Atomic::new(false);

/// Fails if this test has failed before.
pub(crate) fn is_sound() -> Verdict {
    ensure!(
        !BROKEN.load(Relaxed),
        "not tried: a local lock may be another CPU's, see lock/migration"
    );
    Ok(())
}

/// Moves roaming threads about at random until `time` is over. Returns the number of moves.
pub(crate) fn herd(
    threads: &Threads,
    roaming: core::ops::Range<usize>,
    cpus: &[Cpu],
    time: Delta,
) -> Result<u64> {
    let start = Instant::<Monotonic>::now();
    let mut random = 0x9e37_79b9_u32;
    let mut moves = 0;

    while start.elapsed() < time {
        for index in roaming.clone() {
            // xorshift32
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let cpu = random as usize % cpus.len().max(1);
            threads.move_to(index, *cpus.get(cpu).ok_or(ENODEV)?)?;
            moves += 1;
        }
        turn::pause();
    }
    Ok(moves)
}

/// Each thread has locks to itself, so that it is only ever this CPU's instance or a wrong one.
pub(crate) fn migration() -> Verdict {
    let cpus = kthread::online()?;
    let mut locks = KVec::new();
    let mut places = KVec::new();

    for _ in 0..cpus.len() * PER_CPU {
        locks.push(new_pw_trylock!(|_| Datum::new())?, GFP_KERNEL)?;
        places.push(Place::Roaming, GFP_KERNEL)?;
    }

    let stop = Turn::new();
    let taken = Atomic::<u64>::new(0);
    let wrong = Atomic::<u64>::new(0);

    let moves = kthread::scope(
        &places,
        |index| {
            while !stop.is_reached(1) {
                for way in [plain, irqsave, tried] {
                    taken.fetch_add(1, Relaxed);
                    if !way(&locks[index]) {
                        wrong.fetch_add(1, Relaxed);
                    }
                }
            }
        },
        |threads| {
            let moves = herd(threads, 0..places.len(), &cpus, DURATION);

            stop.reach(1);
            moves
        },
    )??;

    let (taken, wrong) = (taken.load(Relaxed), wrong.load(Relaxed));
    if wrong > 0 {
        BROKEN.store(true, Relaxed);
    }
    ensure!(
        moves > 0 && taken > 0,
        "moved {moves} times, took {taken} locks"
    );
    ensure!(
        wrong == 0,
        "{wrong} of {taken} local locks were another CPU's, or none ({moves} migrations)"
    );
    Ok(())
}

fn plain(lock: &PwTryLock<Datum>) -> bool {
    let guard = lock.lock_local();
    guard.visit() && guard.cpu() == Cpu::current()
}

fn irqsave(lock: &PwTryLock<Datum>) -> bool {
    let guard = lock.lock_local_irqsave();
    guard.visit() && guard.cpu() == Cpu::current()
}

fn tried(lock: &PwTryLock<Datum>) -> bool {
    lock.try_lock_local()
        .is_some_and(|guard| guard.visit() && guard.cpu() == Cpu::current())
}
