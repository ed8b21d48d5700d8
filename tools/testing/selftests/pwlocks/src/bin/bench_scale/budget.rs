// SPDX-License-Identifier: GPL-2.0

//! How many drains there is time for.

use std::time::{Duration, Instant};

/// Enough for a median.
const AT_LEAST: usize = 3;

/// More say no more.
const AT_MOST: usize = 11;

/// How long the drains of one kind may take together, with filling the batches each time. A clock that
/// counts instructions at a nanosecond each goes slowly: the emulator needs seconds for the shorter one.
const COUNTED: Duration = Duration::from_millis(100);
const TIMED: Duration = Duration::from_secs(4);

/// The time and what was done in it.
#[derive(Debug)]
pub struct Budget {
    start: Instant,
    time: Duration,
}

impl Budget {
    /// From now on; `counting` if the clock counts instructions.
    pub fn of(counting: bool) -> Self {
        Self {
            start: Instant::now(),
            time: if counting { COUNTED } else { TIMED },
        }
    }

    /// Whether there is to be one more, after `tries` of which `drains` counted.
    pub fn has_more(&self, drains: usize, tries: usize) -> bool {
        wanted(drains, tries, self.start.elapsed() < self.time)
    }
}

fn wanted(drains: usize, tries: usize, in_time: bool) -> bool {
    // One that does not count, as somebody else had put a page into a batch, is made again a few times.
    let hopeless = tries >= 4 * AT_LEAST && drains < AT_LEAST && !in_time;

    drains < AT_MOST && !hopeless && (in_time || drains < AT_LEAST)
}

#[cfg(test)]
mod tests {
    use super::{AT_LEAST, AT_MOST, wanted};

    #[test]
    fn until_the_time_is_up_but_some_in_any_case() {
        assert!(wanted(AT_LEAST, AT_LEAST, true));
        assert!(!wanted(AT_LEAST, AT_LEAST, false));
        assert!(wanted(AT_LEAST - 1, AT_LEAST - 1, false));
        assert!(!wanted(AT_MOST, AT_MOST, true));
    }

    #[test]
    fn what_never_counts_is_given_up() {
        assert!(wanted(0, 5, false));
        assert!(wanted(0, 50, true));
        assert!(!wanted(0, 50, false));
    }
}
