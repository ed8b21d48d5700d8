// SPDX-License-Identifier: GPL-2.0

//! How many atomic instructions a round has.
//!
//! The emulator counts what the CPU executes while one loop is run in the kernel, system call and all.
//! The difference between a long and a short loop is made by their rounds alone.

use selftests::{
    doing::Doing as _,
    ensure, environment,
    executed::{self, Executed},
    kernel_file,
    ktap::{Report, Trouble, Verdict},
    module,
};
use std::{
    fs::{File, OpenOptions},
    io::Write as _,
};

/// A loop, and how many atomic instructions a round of it has by its source.
pub struct Known {
    pub what: &'static str,
    /// `c`, or that of pwlocks.
    pub mode: &'static str,
    /// Where PREEMPT_RT is off: a local lock takes none, a spinlock one to be taken and a plain store
    /// to be released.
    pub atomics: u64,
    /// On PREEMPT_RT any of them is an rt_mutex, which is taken and released by one each.
    pub atomics_on_rt: u64,
}

const fn known(what: &'static str, mode: &'static str, atomics: u64) -> Known {
    Known {
        what,
        mode,
        atomics,
        atomics_on_rt: 2,
    }
}

/// All loops that pwlocks_test has, in each mode that they differ in.
pub const KNOWN: &[Known] = &[
    Known {
        atomics_on_rt: 0,
        ..known("nothing", "c", 0)
    },
    known("local_lock", "c", 0),
    known("local_lock_irqsave", "c", 0),
    known("local_trylock", "c", 0),
    known("spin_lock", "c", 1),
    known("pinned_spin_lock", "c", 1),
    known("spin_lock_irqsave", "c", 1),
    known("spin_trylock", "c", 1),
    known("PwLock", "local", 0),
    known("PwLock_irqsave", "local", 0),
    known("PwTryLock", "local", 0),
    known("PwLock", "remote", 1),
    known("PwLock_irqsave", "remote", 1),
    known("PwTryLock", "remote", 1),
];

/// How often a loop is run for its least, and how often that is repeated until two agree. An interrupt
/// only adds.
const RUNS: usize = 50;
const REPEATS: usize = 10;

/// What was counted, in the order of [`KNOWN`]; `None` if nobody counts.
pub struct Rounds(Option<Vec<Round>>);

/// What one round of a loop executes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Round {
    pub instructions: u64,
    pub atomics: u64,
}

impl Rounds {
    /// Counts them all.
    pub fn count() -> Result<Self, Trouble> {
        if !executed::is_counted()? {
            return Ok(Self(None));
        }
        let before = module::parameter("pwlocks", "pwlocks")?;
        let rounds = KNOWN
            .iter()
            .map(|known| {
                let remote = known.mode == "remote" && environment::built_in();
                switch(if remote { "1" } else { "0" })?;
                settled(known.what)
            })
            .collect::<Result<_, _>>();

        switch(&before)?;
        Ok(Self(Some(rounds?)))
    }

    /// What was counted of a loop.
    pub fn of(&self, known: &Known) -> Result<Round, Trouble> {
        let rounds = self
            .0
            .as_ref()
            .ok_or_else(|| Trouble::skip("the emulator has no plugin that counts"))?;
        let index = KNOWN
            .iter()
            .position(|other| (other.what, other.mode) == (known.what, known.mode));

        index
            .and_then(|index| rounds.get(index).copied())
            .ok_or_else(|| Trouble::fail("it was not counted"))
    }

    /// Whether as many as the source has were counted.
    pub fn check(&self, known: &Known, atomics: u64) -> Verdict {
        let round = self.of(known)?;

        ensure!(round.atomics == atomics, "{} were counted", round.atomics);
        Ok(())
    }

    /// Prints them all.
    pub fn print(&self, report: &Report) {
        for (known, round) in KNOWN.iter().zip(self.0.iter().flatten()) {
            report.diagnostic(format_args!(
                "atomics {} {} {}",
                known.what, known.mode, round.atomics
            ));
        }
    }
}

fn switch(mode: &str) -> Verdict {
    module::write_parameter("pwlocks", "pwlocks", mode).doing("switching the mode")
}

/// What a round of a loop executes, once two measurements agree.
fn settled(what: &str) -> Result<Round, Trouble> {
    let short = Loop::open("loop_short", what)?;
    let long = Loop::open("loop_long", what)?;
    let mut last = None;

    for _ in 0..REPEATS {
        let measured = Some((short.least()?, long.least()?));

        if let (true, Some((short_run, long_run))) = (measured == last, measured) {
            return slope(short_run, long_run, long.rounds - short.rounds)
                .ok_or_else(|| Trouble::fail(format!("{what}: no whole number: {measured:?}")));
        }
        last = measured;
    }
    Err(format!("{what} did not settle: {last:?}").into())
}

/// What each of so many rounds executes that only the second has. No round has half an instruction
/// that is atomic; of the others, the compiler may have put some between two rounds.
fn slope(short: Executed, long: Executed, rounds: u64) -> Option<Round> {
    let atomics = long.atomics.checked_sub(short.atomics)?;
    let instructions = long.instructions.checked_sub(short.instructions)?;

    (atomics.checked_rem(rounds)? == 0).then_some(Round {
        instructions: (instructions + rounds / 2) / rounds,
        atomics: atomics / rounds,
    })
}

/// A loop in the kernel, and how many rounds it has.
struct Loop {
    file: File,
    rounds: u64,
}

impl Loop {
    fn open(folder: &str, what: &str) -> Result<Self, Trouble> {
        let path = kernel_file::debugfs(&format!("pwlocks_test/{folder}/{what}"));
        let rounds = kernel_file::read_trimmed(&path)?.parse();

        Ok(Self {
            rounds: rounds.doing(&path)?,
            file: OpenOptions::new().write(true).open(&path).doing(&path)?,
        })
    }

    /// What the CPU executes for one of its runs, the least of many.
    fn least(&self) -> Result<Executed, Trouble> {
        let runs = (0..RUNS).map(|_| {
            let run = || (&self.file).write_all(b"1").doing("running a loop");
            let ((), executed) = executed::during(run)?;

            executed.ok_or_else(|| Trouble::fail("nobody counts any more"))
        });
        let runs = runs.collect::<Result<Vec<_>, _>>()?;

        runs.into_iter()
            .min_by_key(|run| run.instructions)
            .ok_or_else(|| Trouble::fail("nothing was run"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Executed, KNOWN, Round, slope};

    fn executed(instructions: u64, atomics: u64) -> Executed {
        Executed {
            instructions,
            atomics,
        }
    }

    #[test]
    fn what_both_loops_have_cancels_out() {
        let round = Round {
            instructions: 24,
            atomics: 1,
        };
        assert_eq!(
            slope(executed(700, 20), executed(700 + 64 * 24, 84), 64),
            Some(round)
        );
    }

    #[test]
    fn half_an_atomic_instruction_is_a_disturbance() {
        assert_eq!(slope(executed(700, 20), executed(2000, 85), 64), None);
        assert_eq!(slope(executed(700, 20), executed(2000, 19), 64), None);
        assert_eq!(slope(executed(700, 20), executed(2000, 20), 0), None);
    }

    #[test]
    fn no_loop_is_listed_twice() {
        for (index, known) in KNOWN.iter().enumerate() {
            let same = |other: &super::Known| (other.what, other.mode) == (known.what, known.mode);
            assert!(!KNOWN[..index].iter().any(same));
        }
    }
}
