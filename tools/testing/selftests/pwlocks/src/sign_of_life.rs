// SPDX-License-Identifier: GPL-2.0

//! Words now and then from a test that takes long, which is not to be taken for hanging.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

/// How often.
const PERIOD: Duration = Duration::from_secs(30);

/// When there were any last.
#[derive(Debug)]
pub struct SignOfLife {
    last: Instant,
    period: Duration,
}

impl SignOfLife {
    /// As if there had been some just now.
    pub fn new() -> Self {
        Self::with_period(PERIOD)
    }

    fn with_period(period: Duration) -> Self {
        Self {
            last: Instant::now(),
            period,
        }
    }

    /// Prints `what` as a remark if it is time; whether it was.
    pub fn give(&mut self, what: impl Display) -> bool {
        let due = self.last.elapsed() >= self.period;

        if due {
            println!("# {what}");
            self.last = Instant::now();
        }
        due
    }
}

impl Default for SignOfLife {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::SignOfLife;
    use std::time::Duration;

    #[test]
    fn not_before_it_is_time() {
        assert!(!SignOfLife::new().give("too early"));
        assert!(SignOfLife::with_period(Duration::ZERO).give("in time"));
    }
}
