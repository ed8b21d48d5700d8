// SPDX-License-Identifier: GPL-2.0

//! Waits until the kernel has settled on a clock.
//!
//! Seconds after its boot it exchanges the early form of the time stamp counter for the final one,
//! and stops all CPUs for that, the isolated ones too. No test should be disturbed by it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::kmsg;

const CURRENT: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// The one that is there for a while.
const EARLY: &str = "tsc-early";

/// A kernel that keeps its early clock for so long keeps it.
const LIMIT: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(50);

/// Returns when the clock is final, or does not change.
pub fn settle() {
    let start = Instant::now();
    while is_early() {
        if start.elapsed() >= LIMIT {
            kmsg::say(&format!("the clock is still {EARLY}; going on"));
            return;
        }
        thread::sleep(POLL);
    }
}

/// A kernel that does not tell has nothing to wait for.
fn is_early() -> bool {
    fs::read_to_string(CURRENT).is_ok_and(|name| name.trim() == EARLY)
}
