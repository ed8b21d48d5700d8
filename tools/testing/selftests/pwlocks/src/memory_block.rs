// SPDX-License-Identifier: GPL-2.0

//! A block of memory that goes online and offline.

use crate::{kernel_file, ktap::Trouble, memory::PAGE};
use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

const BLOCKS: &str = "/sys/devices/system/memory";

/// The bytes of a block, in hexadecimal.
const BLOCK_SIZE: &str = "/sys/devices/system/memory/block_size_bytes";

/// A block that was never in use, so that no memory is on it that can't be moved away.
#[derive(Debug)]
pub struct MemoryBlock {
    number: u64,
    folder: PathBuf,
}

impl MemoryBlock {
    /// The first block that is offline; skips if there is none.
    pub fn find_offline() -> Result<Self, Trouble> {
        let entries = fs::read_dir(BLOCKS)
            .map_err(|error| Trouble::skip(format!("no hotplug of memory: {BLOCKS}: {error}")))?;
        let mut blocks = Vec::new();

        for entry in entries {
            let folder = entry?.path();
            let Some(number) = number(&folder) else {
                continue;
            };
            let block = Self { number, folder };
            if kernel_file::read_trimmed(block.state())? == "offline" {
                blocks.push(block);
            }
        }
        blocks
            .into_iter()
            .min_by_key(|block| block.number)
            .ok_or_else(|| {
                Trouble::skip(
                    "no block of memory is offline (a plugged one, memhp_default_state=offline)",
                )
            })
    }

    /// Puts it online, for memory that can be moved.
    pub fn online(&self) -> Result<(), Trouble> {
        kernel_file::write(self.state(), "online_movable")
    }

    /// Takes it offline, with everything on it moved away.
    pub fn offline(&self) -> Result<(), Trouble> {
        kernel_file::write(self.state(), "offline")
    }

    /// The frames of its pages.
    pub fn frames(&self) -> Result<Range<u64>, Trouble> {
        let size = kernel_file::read_trimmed(BLOCK_SIZE)?;
        let size = u64::from_str_radix(&size, 16)
            .map_err(|error| Trouble::fail(format!("{BLOCK_SIZE} is {size}: {error}")))?;

        Ok(frames(self.number, size))
    }

    /// The node it belongs to.
    pub fn node(&self) -> Result<i32, Trouble> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("node"));
            if let Some(node) = number.and_then(|number| number.parse().ok()) {
                return Ok(node);
            }
        }
        Err(format!("{} is of no node", self.folder.display()).into())
    }

    fn state(&self) -> PathBuf {
        self.folder.join("state")
    }
}

/// The frames of the block with this number, if each has `size` bytes.
fn frames(number: u64, size: u64) -> Range<u64> {
    let pages = size / PAGE as u64;

    number * pages..(number + 1) * pages
}

/// The number of the block that has this folder.
fn number(folder: &Path) -> Option<u64> {
    let name = folder.file_name()?.to_str()?;

    name.strip_prefix("memory")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{frames, number};
    use std::path::Path;

    #[test]
    fn blocks_have_numbers() {
        assert_eq!(number(Path::new("/sys/memory/memory32")), Some(32));
        assert_eq!(number(Path::new("/sys/memory/power")), None);
    }

    #[test]
    fn blocks_follow_one_another() {
        assert_eq!(frames(0, 128 << 20), 0..0x8000);
        assert_eq!(frames(9, 128 << 20), 0x48000..0x50000);
    }
}
