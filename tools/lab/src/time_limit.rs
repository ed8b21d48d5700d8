// SPDX-License-Identifier: GPL-2.0

//! Whether there is time for one more guest.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A time at which guests are to be over.
///
/// How long a guest will take is judged by those before it: as large a part of the seconds that its programs may
/// take as the slowest of them took of theirs.
#[derive(Debug)]
pub struct TimeLimit {
    end: Instant,
    largest_part: Mutex<f64>,
}

impl TimeLimit {
    /// The end is at `end`. The first guests are begun before it, whatever they will take.
    pub fn new(end: Instant) -> Self {
        Self {
            end,
            largest_part: Mutex::new(0.0),
        }
    }

    /// Whether a guest that may take `timeout` would be over in time if it began `now`.
    pub fn leaves(&self, now: Instant, timeout: Duration) -> bool {
        now + timeout.mul_f64(*self.part()) < self.end
    }

    /// Takes note that a guest that might have taken `timeout` took `elapsed`.
    pub fn note(&self, timeout: Duration, elapsed: Duration) {
        let mut largest = self.part();

        *largest = largest.max(elapsed.div_duration_f64(timeout));
    }

    /// A number is whole even where a thread panicked that had it locked.
    fn part(&self) -> std::sync::MutexGuard<'_, f64> {
        self.largest_part
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::TimeLimit;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn before_any_has_ended_they_begin_until_the_end() {
        let now = Instant::now();
        let limit = TimeLimit::new(now + MINUTE);
        assert!(limit.leaves(now, 100 * MINUTE));
        assert!(!limit.leaves(now + MINUTE, MINUTE));
    }

    #[test]
    fn after_that_they_must_be_over_by_then() {
        let now = Instant::now();
        let limit = TimeLimit::new(now + 10 * MINUTE);
        limit.note(20 * MINUTE, 5 * MINUTE);
        assert!(limit.leaves(now, 39 * MINUTE));
        assert!(!limit.leaves(now, 41 * MINUTE));
        assert!(!limit.leaves(now + 5 * MINUTE, 21 * MINUTE));
    }

    #[test]
    fn the_slowest_counts() {
        let now = Instant::now();
        let limit = TimeLimit::new(now + 10 * MINUTE);
        limit.note(10 * MINUTE, 5 * MINUTE);
        limit.note(10 * MINUTE, MINUTE);
        assert!(!limit.leaves(now, 21 * MINUTE));
    }
}
