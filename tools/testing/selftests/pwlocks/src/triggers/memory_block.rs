// SPDX-License-Identifier: GPL-2.0

//! Taking a block of memory offline.

use super::trigger::Request;
use crate::{kernel_file, ktap::Trouble};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const BLOCKS: &str = "/sys/devices/system/memory";

/// A block that was never in use, so that no memory is on it that can't be moved away.
#[derive(Debug)]
pub(super) struct Offline {
    state: PathBuf,
}

impl Offline {
    /// The first block that is offline; skips if there is none.
    pub(super) fn find() -> Result<Self, Trouble> {
        let blocks = fs::read_dir(BLOCKS)
            .map_err(|error| Trouble::skip(format!("no hotplug of memory: {BLOCKS}: {error}")))?;
        let mut states = Vec::new();

        for block in blocks {
            let state = block?.path().join("state");
            if state.exists() && kernel_file::read_trimmed(&state)? == "offline" {
                states.push(state);
            }
        }
        states.sort_by_key(|state| number(state));
        let state = states.into_iter().next().ok_or_else(|| {
            Trouble::skip(
                "no block of memory is offline (a plugged one, memhp_default_state=offline)",
            )
        })?;
        Ok(Self { state })
    }
}

/// The number of the block that has this file.
fn number(state: &Path) -> Option<u64> {
    let block = state.parent()?.file_name()?.to_str()?;

    block.strip_prefix("memory")?.parse().ok()
}

impl Request for Offline {
    /// Online, for memory that can be moved.
    fn prepare(&mut self) -> Result<(), Trouble> {
        kernel_file::write(&self.state, "online_movable")
    }

    fn make(&mut self) -> Result<Duration, Trouble> {
        let start = Instant::now();

        kernel_file::write(&self.state, "offline")?;
        Ok(start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::number;
    use std::path::Path;

    #[test]
    fn blocks_have_numbers() {
        assert_eq!(number(Path::new("/sys/memory/memory32/state")), Some(32));
        assert_eq!(number(Path::new("/sys/memory/power/state")), None);
    }
}
