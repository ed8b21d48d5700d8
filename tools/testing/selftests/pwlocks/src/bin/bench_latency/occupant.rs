// SPDX-License-Identifier: GPL-2.0

//! Who puts pages into the isolated CPU's batch.

use crate::{Place, isolated::Isolated};
use selftests::{
    ktap::{Trouble, Verdict},
    live::{Batches, disk_path},
    triggers::LoopProcess,
};
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Pages that are put in before each drain, at least.
const PAGES: usize = 4;

/// Turns in which the loop does so.
const TURNS: u64 = 2;

/// How long it may take for that.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a CPU that was visited is left alone, to be idle again.
const REST: Duration = Duration::from_millis(5);

/// How long the loop runs alone first, for the CPU to come to rest.
const SETTLE: Duration = Duration::from_millis(500);

/// One way.
pub enum Occupant {
    /// This thread, which goes there and comes back.
    Visitor(Batches),
    /// A process that stays there.
    Loop(LoopProcess),
}

impl Occupant {
    /// For the isolated CPU in that state.
    pub fn of(place: &Place<'_>, state: Isolated) -> Result<Self, Trouble> {
        let Some(scheduling) = state.scheduling() else {
            let batches = Batches::new(place.home, &[place.isolated], PAGES)?;
            return Ok(Self::Visitor(batches));
        };
        let file = disk_path(0);
        let page_loop = LoopProcess::start(place.isolated, Path::new(&file), scheduling)?;

        thread::sleep(SETTLE);
        Ok(Self::Loop(page_loop))
    }

    /// Puts some pages in; whether it is known that they are there. What a loop has put in it may have
    /// emptied by itself.
    pub fn put(&self) -> Result<bool, Trouble> {
        match self {
            Self::Visitor(batches) => {
                batches.give_back()?;
                batches.fill()?;
                thread::sleep(REST);
                batches.all_wait()
            }
            Self::Loop(page_loop) => {
                page_loop.wait_for_turns(TURNS, Instant::now() + PATIENCE)?;
                Ok(true)
            }
        }
    }

    /// Checks that they are on their lists, as far as that can be seen from here.
    pub fn have_arrived(&self) -> Verdict {
        match self {
            Self::Visitor(batches) => batches.have_arrived(),
            Self::Loop(_) => Ok(()),
        }
    }

    /// Has the CPU free for others.
    pub fn leave(&self) {
        if let Self::Loop(page_loop) = self {
            page_loop.ask_to_stop();
        }
    }
}
