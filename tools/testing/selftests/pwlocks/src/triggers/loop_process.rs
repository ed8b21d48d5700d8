// SPDX-License-Identifier: GPL-2.0

//! The loop as seen by who starts it.

use super::{Role, Scheduling, largest::Largest, page_loop::WAKE, shared::Shared};
use crate::{ensure, ktap::Trouble, tsc::Calibration};
use nix::{sys::signal::kill, unistd::Pid};
use std::{
    path::Path,
    process::Child,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long to wait for the loop to do anything at all, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running loop. It ends when this is dropped.
#[derive(Debug)]
pub struct LoopProcess {
    shared: Shared,
    child: Child,
    /// Of the time-stamp counter, since the loop was started.
    calibration: Calibration,
    /// In which gaps counted.
    sections: AtomicU64,
    scheduling: Scheduling,
}

impl LoopProcess {
    /// Starts it on `cpu` and waits for its first pages.
    pub fn start(cpu: usize, file: &Path, scheduling: Scheduling) -> Result<Self, Trouble> {
        let (shared, page) = Shared::new()?;
        let role = Role::Loop {
            cpu,
            file: file.to_owned(),
            scheduling,
        };
        let this = Self {
            shared,
            child: role.command()?.stdin(page).spawn()?,
            calibration: Calibration::begin(),
            sections: AtomicU64::new(0),
            scheduling,
        };

        // Without being told to, which would end it before it has got so far as to wait for that.
        this.wait_until_turn(1, Instant::now() + PATIENCE)?;
        Ok(this)
    }

    /// Its only thread.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// Turns so far, in each of which it touches a page of the file and an anonymous one.
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::Acquire)
    }

    /// Waits until there were `count` more turns.
    pub fn wait_for_turns(&self, count: u64, until: Instant) -> Result<(), Trouble> {
        if self.scheduling == Scheduling::Asleep {
            for _ in 0..count {
                let next = self.turns() + 1;
                self.wake();
                self.wait_until_turn(next, until)?;
            }
            return Ok(());
        }
        self.wait_until_turn(self.turns() + count, until)
    }

    fn wait_until_turn(&self, wanted: u64, until: Instant) -> Result<(), Trouble> {
        while self.turns() < wanted {
            ensure!(
                Instant::now() < until,
                "the loop stands still at turn {}, or has ended",
                self.turns()
            );
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Lets gaps count from now on.
    pub fn measure_gaps(&self) {
        let section = self.sections.fetch_add(1, Ordering::Relaxed) + 1;

        self.shared.section.store(section, Ordering::Relaxed);
    }

    /// The longest gaps since, in which the loop did not run between two rounds, and the longest of
    /// its turns, the longest first. They count no more.
    pub fn end_of_gaps(&self) -> (Vec<Duration>, Vec<Duration>) {
        self.shared.section.store(0, Ordering::Relaxed);
        let durations = |largest: &Largest| {
            largest
                .sorted()
                .into_iter()
                .map(|ticks| self.calibration.duration(ticks))
                .collect()
        };
        (
            durations(&self.shared.gaps),
            durations(&self.shared.long_turns),
        )
    }

    /// Asks the loop to end, and with it whatever waits for its CPU.
    pub fn ask_to_stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if self.scheduling == Scheduling::Asleep {
            self.wake();
        }
    }

    fn wake(&self) {
        // That it has ended is seen by its turns.
        let _ = kill(self.pid(), WAKE);
    }
}

impl Drop for LoopProcess {
    fn drop(&mut self) {
        let until = Instant::now() + PATIENCE;

        self.ask_to_stop();
        while Instant::now() < until {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(1)),
                Ok(Some(_)) => return,
                Err(error) => return eprintln!("can't wait for the loop: {error}"),
            }
        }
        eprintln!("the loop does not end");
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("can't end the loop: {error}");
        }
    }
}
