// SPDX-License-Identifier: GPL-2.0

//! The longest hold of a lock in the drain of a full batch: the least of several tries.
//!
//! What the module shows is the longest hold since it was loaded, with all that happened meanwhile: an
//! interrupt, on PREEMPT_RT another task, and a slice of another CPU, as the emulator runs them by
//! turns and they have one clock. All of that adds instructions and takes none away. So the module is
//! loaded anew for each try, in which one batch is drained, and the try with the least was disturbed
//! the least: no drain of such a batch can do with fewer instructions.

use selftests::{
    cpulist,
    doing::Doing as _,
    drop_caches, ensure, kernel_file,
    ktap::{Trouble, Verdict},
    live::{Done, FULL_BATCH, MODULE},
    memory::Memory,
    module::Module,
    pin,
};
use serde::Serialize;
use std::fmt;

/// Tries that count.
pub const TRIES: usize = 8;

/// Tries that are made for these.
const ATTEMPTS: usize = 40;

/// What is done under the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The folios are taken out of the batch.
    TakenOut,
    /// They are moved as well.
    Locked,
}

impl Way {
    /// The module's parameter.
    fn parameter(self) -> &'static str {
        match self {
            Self::TakenOut => "drain_locked=0",
            Self::Locked => "drain_locked=1",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TakenOut => "taken_out",
            Self::Locked => "locked",
        })
    }
}

/// The two CPUs of a try.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// That makes the request.
    here: usize,
    /// Whose batch is full.
    there: usize,
}

impl Place {
    /// The first and the last CPU. Skips if there is only one.
    pub fn find() -> Result<Self, Trouble> {
        match *cpulist::read("online")? {
            [here, .., there] => Ok(Self { here, there }),
            _ => Err(Trouble::skip("there is no other CPU")),
        }
    }
}

/// The holds of one way, in instructions, in the order of the tries.
pub struct Hold {
    /// The way.
    pub way: Way,
    tries: Vec<u64>,
    attempts: usize,
}

impl Hold {
    /// Measures it.
    pub fn of(way: Way, place: Place) -> Result<Self, Trouble> {
        let mut tries = Vec::new();
        let mut attempts = 0;

        while tries.len() < TRIES && attempts < ATTEMPTS {
            attempts += 1;
            // Said before, so that this program is not taken for hanging.
            println!("# {way}: try {attempts}");
            tries.extend(once(way, place)?);
        }
        Ok(Self {
            way,
            tries,
            attempts,
        })
    }

    /// Whether there were as many tries as there should be.
    pub fn is_complete(&self) -> Verdict {
        let tries = self.tries.len();

        ensure!(
            tries == TRIES,
            "{tries} times of {}: else the CPU had emptied its batch, or others had put something in",
            self.attempts
        );
        Ok(())
    }

    /// The figures; an error if there are none.
    pub fn row(&self) -> Result<Row, Trouble> {
        let sum: u64 = self.tries.iter().sum();

        Ok(Row {
            way: self.way,
            longest: self.longest()?,
            mean: sum as f64 / self.tries.len() as f64,
            tries: self.tries.len(),
        })
    }

    /// The figure; an error if there is none.
    pub fn longest(&self) -> Result<u64, Trouble> {
        let least = self.tries.iter().copied().min();

        least.ok_or_else(|| Trouble::fail(format!("{}: no batch was drained", self.way)))
    }
}

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
pub struct Row {
    way: Way,
    longest: u64,
    /// Of the longest hold of each try, with what had disturbed some: in a try one batch is drained, with
    /// a hold for each lock of the CPU, and no other hold than the longest is known.
    mean: f64,
    tries: usize,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            way,
            tries,
            attempts,
        } = self;

        write!(f, "{way}: of {attempts} tries these count: {tries:?}")
    }
}

/// Has one CPU fill its batch and the other one drain it. `None` if anything else was drained.
fn once(way: Way, place: Place) -> Result<Option<u64>, Trouble> {
    let memory = Memory::anonymous(FULL_BATCH)?;

    // What others have left there is moved by the kernel.
    run_on(place.here)?;
    drain_all()?;
    let live = Module::need(MODULE, way.parameter())?;
    let before = Done::to(place.there)?;
    // By this very thread: one that ended there would empty the batch as its stack is unmapped.
    run_on(place.there)?;
    memory.touch();
    run_on(place.here)?;
    drain_all()?;
    let after = Done::to(place.there)?;
    live.unload().doing(format_args!("rmmod {MODULE}"))?;
    Ok(full_batch(before, after))
}

/// What is counted between `before` and `after`: the longest hold if it was of one full batch.
fn full_batch(before: Done, after: Done) -> Option<u64> {
    let is_full = after.folios == FULL_BATCH as u64;

    (before.remote == 0 && after.remote == 1 && is_full).then_some(after.longest)
}

fn run_on(cpu: usize) -> Result<(), Trouble> {
    pin::to(cpu).doing(format_args!("can't run on CPU {cpu}"))
}

/// Has the kernel drain all CPUs.
fn drain_all() -> Result<(), Trouble> {
    kernel_file::write(drop_caches::FILE, "1")
}

#[cfg(test)]
mod tests {
    use super::{Hold, Way, full_batch};
    use selftests::live::Done;

    fn done(remote: u64, folios: u64) -> Done {
        Done {
            remote,
            folios,
            longest: 100 * remote,
        }
    }

    #[test]
    fn only_the_drain_of_one_full_batch_counts() {
        assert_eq!(full_batch(done(0, 0), done(1, 30)), Some(100));
        assert_eq!(full_batch(done(0, 0), done(1, 29)), None);
        assert_eq!(full_batch(done(0, 0), done(1, 31)), None);
        assert_eq!(full_batch(done(0, 0), done(2, 30)), None);
        assert_eq!(full_batch(done(1, 5), done(1, 30)), None);
    }

    #[test]
    fn the_figure_is_that_of_the_least_disturbed_try() {
        let hold = |tries: &[u64]| Hold {
            way: Way::Locked,
            tries: tries.to_vec(),
            attempts: 9,
        };
        assert_eq!(hold(&[300, 136, 137]).longest(), Ok(136));
        assert!(hold(&[]).longest().is_err());
        assert!(hold(&[]).row().is_err());
        assert!(hold(&[136]).is_complete().is_err());
        assert!(hold(&[136; 8]).is_complete().is_ok());
    }

    #[test]
    fn the_row_has_the_mean_as_well() {
        let hold = Hold {
            way: Way::TakenOut,
            tries: vec![300, 136, 137],
            attempts: 3,
        };
        let row = hold.row().expect("a row");
        assert_eq!(
            serde_json::to_string(&row).expect("JSON"),
            r#"{"way":"taken_out","longest":136,"mean":191.0,"tries":3}"#
        );
    }
}
