// SPDX-License-Identifier: GPL-2.0

//! Requests that drain all CPUs.

use super::Stressor;
use crate::{drop_caches, kernel_file, ktap::Trouble};
use std::{thread, time::Duration};

/// A pause, so that the others get something into their batches, and keep some of what they cache.
const PAUSE: Duration = Duration::from_millis(20);

/// Makes a request by writing to a file.
pub(super) struct Requests {
    name: &'static str,
    file: &'static str,
    value: &'static str,
}

pub(super) const DROP_CACHES: Requests = Requests {
    name: "times caches dropped",
    file: drop_caches::FILE,
    value: "3",
};

pub(super) const COMPACT: Requests = Requests {
    name: "times memory compacted",
    file: "/proc/sys/vm/compact_memory",
    value: "1",
};

impl Stressor for Requests {
    fn name(&self) -> &'static str {
        self.name
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        kernel_file::write(self.file, self.value)?;
        thread::sleep(PAUSE);
        Ok(1)
    }
}
