// SPDX-License-Identifier: GPL-2.0

//! The loops of [`count`], one at a time, for somebody who counts from outside of the kernel what
//! they execute.
//!
//! Each has a file in `pwlocks_test/loop_short` and one in `loop_long`: writing to it runs the loop
//! once, in the mode in force, and reading says how many rounds that is. What differs between the two
//! is what the rounds do, as all else is the same.

use crate::count::{
    self,
    C_LOOPS,
    LOCK,
    LOCK_IRQSAVE,
    TRYLOCK, //
};
use kernel::{
    fmt,
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

/// A loop of so many rounds.
enum Loop {
    C(unsafe extern "C" fn(u32) -> u64),
    Lock(fn(&PwLock<u64>, u32) -> u64),
    TryLock(fn(&PwTryLock<u64>, u32) -> u64),
}

/// What a file needs to run one.
pub(crate) struct Rounds {
    name: &'static CStr,
    number: u32,
    turns: Loop,
    one_at_a_time: Arc<Mutex<()>>,
}

impl Rounds {
    /// All loops, with so many rounds.
    pub(crate) fn all(number: u32, one_at_a_time: &Arc<Mutex<()>>) -> Result<KVec<Self>> {
        let c = C_LOOPS.iter().map(|&(name, turns)| (name, Loop::C(turns)));
        let ours = [
            (LOCK, Loop::Lock(count::local)),
            (LOCK_IRQSAVE, Loop::Lock(count::irqsave)),
            (TRYLOCK, Loop::TryLock(count::tried)),
        ];
        let mut all = KVec::new();

        for (name, turns) in Iterator::chain(c, ours) {
            let rounds = Self {
                name,
                number,
                turns,
                one_at_a_time: one_at_a_time.clone(),
            };

            all.push(rounds, GFP_KERNEL)?;
        }
        Ok(all)
    }

    /// The subject's name.
    pub(crate) fn name(&self) -> &'static CStr {
        self.name
    }

    /// Runs the loop. May sleep. `ENOMEM` if there is no memory for a lock.
    pub(crate) fn run(&self) -> Result {
        let _one_at_a_time = self.one_at_a_time.lock();

        // How long it took is of no interest: whoever counts has counted.
        match self.turns {
            // SAFETY: The loops take any number of rounds.
            Loop::C(turns) => unsafe { turns(self.number) },
            Loop::Lock(turns) => turns(&new_pw_lock!(|_| 0u64)?, self.number),
            Loop::TryLock(turns) => turns(&new_pw_trylock!(|_| 0u64)?, self.number),
        };
        Ok(())
    }

    /// The number of rounds.
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(fmt!("{}\n", self.number))
    }
}
