// SPDX-License-Identifier: GPL-2.0

//! What lock operations cost, counted.
//!
//! Each subject is a loop that takes a lock, touches what it protects once, and releases it, in C or
//! in Rust. The figure is the cost of one round: the slope between a short and a long loop, so that
//! what surrounds them cancels out. Each loop is run many times and its least is taken, since an
//! interrupt or another task can only add. Under QEMU's `-icount` the unit is one instruction.

use crate::{
    bindings,
    switch::Switched,
    verdict::Trouble, //
};
use kernel::{
    fmt, new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};
use pwlocks::{
    lock::{
        PwLock,
        PwTryLock, //
    },
    new_pw_lock,
    new_pw_trylock, //
};

/// Rounds of the two loops.
pub(crate) const SHORT: u32 = 16;
pub(crate) const LONG: u32 = 80;

/// How often a loop is run for its least, and how often that is repeated until two agree.
const BATCHES: u32 = 300;
const REPEATS: u32 = 20;

/// The subjects' names. A C one is what the Rust one of the same column is compared with.
pub(crate) const C_LOOPS: &[(&CStr, unsafe extern "C" fn(u32) -> u64)] = &[
    (c"nothing", bindings::pwlocks_test_count_nothing),
    (c"local_lock", bindings::pwlocks_test_count_local_lock),
    (
        c"local_lock_irqsave",
        bindings::pwlocks_test_count_local_lock_irqsave,
    ),
    (c"local_trylock", bindings::pwlocks_test_count_local_trylock),
    (c"spin_lock", bindings::pwlocks_test_count_spin_lock),
    (
        c"pinned_spin_lock",
        bindings::pwlocks_test_count_pinned_spin_lock,
    ),
    (
        c"spin_lock_irqsave",
        bindings::pwlocks_test_count_spin_lock_irqsave,
    ),
    (c"spin_trylock", bindings::pwlocks_test_count_spin_trylock),
];

/// The same for ours.
pub(crate) const LOCK: &CStr = c"PwLock";
pub(crate) const LOCK_IRQSAVE: &CStr = c"PwLock_irqsave";
pub(crate) const TRYLOCK: &CStr = c"PwTryLock";

/// One figure; `None` where two repeats never agreed.
struct Figure {
    name: &'static CStr,
    mode: &'static str,
    cost: Option<u64>,
}

/// The file `cost/count`: writing counts, reading shows the figures.
#[pin_data]
pub(crate) struct Counting {
    one_at_a_time: Arc<Mutex<()>>,
    #[pin]
    figures: Mutex<KVec<Figure>>,
}

impl Counting {
    pub(crate) fn new(one_at_a_time: Arc<Mutex<()>>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            one_at_a_time,
            figures <- new_mutex!(KVec::new()),
        })
    }

    /// Counts all subjects. Takes a while.
    pub(crate) fn run(&self) -> Result {
        let _one_at_a_time = self.one_at_a_time.lock();
        let mut figures = KVec::new();

        for &(name, count) in C_LOOPS {
            // SAFETY: The loops take any number of rounds.
            let cost = settled(|n| unsafe { count(n) });

            figures.push(
                Figure {
                    name,
                    mode: "c",
                    cost,
                },
                GFP_KERNEL,
            )?;
        }
        for (remote, mode) in [(false, "local"), (true, "remote")] {
            let _mode = match Switched::to(remote) {
                Ok(switched) => switched,
                Err(Trouble::Skip(_)) => continue,
                Err(_) => return Err(EIO),
            };

            count_rust(mode, &mut figures)?;
        }
        *self.figures.lock() = figures;
        Ok(())
    }

    /// A line per figure: name, mode (`c` for the C loops), cost of a round or `unsettled`.
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Figure { name, mode, cost } in &*self.figures.lock() {
            let name = name.to_str().map_err(|_| fmt::Error)?;

            match cost {
                Some(cost) => writeln!(f, "{name} {mode} {cost}")?,
                None => writeln!(f, "{name} {mode} unsettled")?,
            }
        }
        Ok(())
    }
}

fn count_rust(mode: &'static str, figures: &mut KVec<Figure>) -> Result {
    let lock = new_pw_lock!(|_| 0u64)?;
    let trylock = new_pw_trylock!(|_| 0u64)?;

    for (name, cost) in [
        (LOCK, settled(|n| local(&lock, n))),
        (LOCK_IRQSAVE, settled(|n| irqsave(&lock, n))),
        (TRYLOCK, settled(|n| tried(&trylock, n))),
    ] {
        figures.push(Figure { name, mode, cost }, GFP_KERNEL)?;
    }
    Ok(())
}

/// The cost of a round, once two measurements agree.
fn settled(count: impl Fn(u32) -> u64) -> Option<u64> {
    let mut last = None;

    for _ in 0..REPEATS {
        let cost = slope(least(&count, SHORT), least(&count, LONG));

        if last == Some(cost) {
            return last;
        }
        last = Some(cost);
    }
    None
}

/// To the nearest, with `LONG - SHORT` rounds between the two.
fn slope(short: u64, long: u64) -> u64 {
    let rounds = u64::from(LONG - SHORT);

    (long.saturating_sub(short) + rounds / 2) / rounds
}

fn least(count: &impl Fn(u32) -> u64, n: u32) -> u64 {
    (0..BATCHES).map(|_| count(n)).min().unwrap_or(0)
}

fn cycles() -> u64 {
    // SAFETY: Reads a counter.
    unsafe { bindings::pwlocks_test_cycles() }
}

/// As C does it: no check for overflow.
#[inline(always)]
fn touch(datum: &mut u64) {
    *datum = datum.wrapping_add(1);
}

#[inline(never)]
pub(crate) fn local(lock: &PwLock<u64>, n: u32) -> u64 {
    let start = cycles();

    for _ in 0..n {
        touch(&mut lock.lock_local());
    }
    cycles() - start
}

#[inline(never)]
pub(crate) fn irqsave(lock: &PwLock<u64>, n: u32) -> u64 {
    let start = cycles();

    for _ in 0..n {
        touch(&mut lock.lock_local_irqsave());
    }
    cycles() - start
}

#[inline(never)]
pub(crate) fn tried(lock: &PwTryLock<u64>, n: u32) -> u64 {
    let start = cycles();

    for _ in 0..n {
        if let Some(mut guard) = lock.try_lock_local() {
            touch(&mut guard);
        }
    }
    cycles() - start
}
