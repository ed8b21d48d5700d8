// SPDX-License-Identifier: GPL-2.0

//! What makes a kernel drain the batches of all CPUs.

use super::{
    block_device::{Fadvise, FlushBuffers},
    mlockall::MlockAll,
    move_pages::MovePages,
    sysctl::Sysctl,
};
use crate::{drop_caches, environment, ktap::Trouble, memory_block::MemoryBlock};
use serde::Serialize;
use std::{path::Path, time::Duration};

/// A request that user space can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Dropping the page cache by /proc/sys/vm/drop_caches.
    DropCaches,
    /// posix_fadvise(POSIX_FADV_DONTNEED), which drains if the file has folios that are in use, and
    /// one that is in another CPU's batch is.
    Fadvise,
    /// BLKFLSBUF on a block device.
    Flushbufs,
    /// Compacting all memory by /proc/sys/vm/compact_memory.
    Compact,
    /// move_pages() to another node.
    Migrate,
    /// Taking a block of memory offline.
    Offline,
    /// mlockall() in another process. It drains no CPU but the caller's, and is here to show that.
    Mlockall,
}

/// How to make a request of one kind.
pub(super) trait Request: Send {
    /// What has to be done each time before.
    fn prepare(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    /// Makes it; how long it took.
    fn make(&mut self) -> Result<Duration, Trouble>;
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::DropCaches,
        Self::Fadvise,
        Self::Flushbufs,
        Self::Compact,
        Self::Migrate,
        Self::Offline,
        Self::Mlockall,
    ];

    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::DropCaches => "drop_caches",
            Self::Fadvise => "fadvise",
            Self::Flushbufs => "flushbufs",
            Self::Compact => "compact",
            Self::Migrate => "migrate",
            Self::Offline => "offline",
            Self::Mlockall => "mlockall",
        }
    }

    /// Why it is left alone on this machine, if it is. In a guest, which is gone afterwards, none is.
    pub fn left_out(self) -> Option<&'static str> {
        match self {
            _ if environment::is_throwaway() => None,
            Self::Offline => Some("this machine's memory is not ours to take offline"),
            Self::Migrate if !MovePages::has_nodes() => Some("there is one memory node only"),
            _ => None,
        }
    }

    /// How to make it, with `disk` as the block device; skips where this machine can't.
    pub(super) fn request(self, disk: &Path) -> Result<Box<dyn Request>, Trouble> {
        Ok(match self {
            Self::DropCaches => Box::new(Sysctl(drop_caches::FILE)),
            Self::Compact => Box::new(Sysctl("/proc/sys/vm/compact_memory")),
            Self::Fadvise => Box::new(Fadvise::new(disk)?),
            Self::Flushbufs => Box::new(FlushBuffers::new(disk)?),
            Self::Migrate => Box::new(MovePages::new()?),
            Self::Offline => Box::new(MemoryBlock::find_offline()?),
            Self::Mlockall => Box::new(MlockAll),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Trigger;

    #[test]
    fn names() {
        let json = serde_json::to_string(&Trigger::ALL).expect("JSON");
        assert_eq!(
            json,
            r#"["drop_caches","fadvise","flushbufs","compact","migrate","offline","mlockall"]"#
        );
        let names = Trigger::ALL.map(Trigger::name);
        assert_eq!(serde_json::to_string(&names).expect("JSON"), json);
    }
}
