// SPDX-License-Identifier: GPL-2.0

//! Times as they are printed.

use std::time::Duration;

/// These times, in nanoseconds.
pub fn nanoseconds(times: &[Duration]) -> Vec<u64> {
    times
        .iter()
        .map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
        .collect()
}
