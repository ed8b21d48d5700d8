// SPDX-License-Identifier: GPL-2.0

//! The drains with the isolated CPU in one state.

use crate::{Place, fair_server::Unserved, isolated::Isolated, occupant::Occupant};
use selftests::{
    bounded::within,
    ensure,
    ktap::{Trouble, Verdict},
    live::OnlyDrain,
};
use std::time::{Duration, Instant};

/// How long the drains may take together.
const BUDGET: Duration = Duration::from_secs(20);

/// After which a drain is given up. The fair server gives others their share within a second.
pub const BOUND: Duration = Duration::from_secs(2);

/// Drains that are given up before it is believed that none returns.
const ENOUGH: usize = 2;

/// How long the drains took.
#[derive(Debug, Default)]
pub struct Latency {
    /// Of those that returned, in their order.
    pub times: Vec<Duration>,
    /// How many were given up.
    pub unfinished: usize,
}

impl Latency {
    /// Measures as many as there is time for, at most so many.
    pub fn of(place: &Place<'_>, state: Isolated, drains: usize) -> Result<Self, Trouble> {
        let _unserved = match state {
            Isolated::FifoUnserved => Some(Unserved::now(place.isolated)?),
            _ => None,
        };
        let drain = OnlyDrain::by(place.disk)?;
        // What is done for the first time is not measured.
        drain.make()?;
        let start = Instant::now();
        let mut latency = Self::default();

        while latency.wants_more(drains, start.elapsed()) {
            // After a drain that was given up it is started anew.
            let occupant = Occupant::of(place, state)?;
            latency.drain(&occupant, &drain, drains, start)?;
        }
        ensure!(
            latency.drains() > 0,
            "never were all pages in the batch that had been put in"
        );
        Ok(latency)
    }

    /// Drains until one is given up.
    fn drain(
        &mut self,
        occupant: &Occupant,
        drain: &OnlyDrain<'_>,
        drains: usize,
        start: Instant,
    ) -> Verdict {
        while self.wants_more(drains, start.elapsed()) {
            let known = occupant.put()?;
            let took = within(
                BOUND,
                || occupant.leave(),
                || {
                    let begin = Instant::now();
                    drain.make()?;
                    Ok(begin.elapsed())
                },
            )?;
            occupant.have_arrived()?;
            match took {
                Some(took) if known => self.times.push(took),
                Some(_) => {}
                None => {
                    self.unfinished += 1;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How many were made.
    pub fn drains(&self) -> usize {
        self.times.len() + self.unfinished
    }

    fn wants_more(&self, drains: usize, passed: Duration) -> bool {
        self.drains() < drains && passed < BUDGET && self.unfinished < ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, ENOUGH, Latency};
    use std::time::Duration;

    #[test]
    fn until_there_are_enough_or_it_takes_too_long() {
        let latency = |times, unfinished| Latency {
            times: vec![Duration::from_millis(1); times],
            unfinished,
        };
        let soon = Duration::from_secs(1);
        assert!(latency(9, 0).wants_more(10, soon));
        assert!(!latency(10, 0).wants_more(10, soon));
        assert!(!latency(9, 0).wants_more(10, BUDGET));
        assert!(latency(9 - ENOUGH, ENOUGH - 1).wants_more(10, soon));
        assert!(!latency(9 - ENOUGH, ENOUGH).wants_more(10, soon));
        // Those that were given up were made.
        assert!(!latency(9, 1).wants_more(10, soon));
    }
}
