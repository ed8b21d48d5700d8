// SPDX-License-Identifier: GPL-2.0

//! What makes the kernel drain all CPUs.

use super::disk::Disk;
use crate::{
    doing::Doing as _,
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    memory::{Memory, PAGE},
    mempolicy::{MPOL_MF_MOVE, MPOL_MF_STRICT, bind},
};
use nix::{errno::Errno, libc};
use std::{fmt, ptr};

/// Something user space does that calls lru_add_drain_all() or lru_cache_disable().
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// /proc/sys/vm/drop_caches
    DropCaches,
    /// /proc/sys/vm/compact_memory
    Compact,
    /// `posix_fadvise(DONTNEED)` of cached pages that can't go
    Fadvise,
    /// `BLKFLSBUF` of a disk with cached pages
    FlushBuffers,
    /// `move_pages()`, by lru_cache_disable()
    MovePages,
    /// `mbind()` with `MPOL_MF_MOVE`, by lru_cache_disable()
    Mbind,
}

impl Trigger {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::DropCaches,
        Self::Compact,
        Self::Fadvise,
        Self::FlushBuffers,
        Self::MovePages,
        Self::Mbind,
    ];

    /// Whether it needs a disk.
    pub fn needs_disk(self) -> bool {
        matches!(self, Self::Fadvise | Self::FlushBuffers)
    }

    /// Does it. `disk` has a page that is cached and mapped; `memory` is what is moved.
    pub fn pull(self, memory: &Memory, disk: Option<&Disk>) -> Verdict {
        let disk = || disk.ok_or_else(|| Trouble::skip("there is no RAM disk (brd.ko)"));

        match self {
            Self::DropCaches => kernel_file::write("/proc/sys/vm/drop_caches", "1"),
            Self::Compact => kernel_file::write("/proc/sys/vm/compact_memory", "1"),
            Self::Fadvise => disk()?.dont_need(),
            Self::FlushBuffers => disk()?.flush_buffers(),
            Self::MovePages => move_pages(memory),
            Self::Mbind => mbind(memory),
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DropCaches => "drop_caches",
            Self::Compact => "compact_memory",
            Self::Fadvise => "posix_fadvise(DONTNEED)",
            Self::FlushBuffers => "BLKFLSBUF",
            Self::MovePages => "move_pages()",
            Self::Mbind => "mbind()",
        })
    }
}

/// Moves every page to the last node, from which the next call moves it back if there are two.
///
/// A page that is in a batch can't be isolated and would have an error for a status.
fn move_pages(memory: &Memory) -> Verdict {
    let target = target_node(memory)?;
    let pages: Vec<usize> = (0..memory.pages())
        .map(|page| memory.address() + page * PAGE)
        .collect();
    let nodes = vec![target; pages.len()];
    let mut status = vec![-1_i32; pages.len()];

    // SAFETY: The three arrays have as many elements as the call is told.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_pages,
            0,
            pages.len(),
            pages.as_ptr(),
            nodes.as_ptr(),
            status.as_mut_ptr(),
            MPOL_MF_MOVE,
        )
    };
    Errno::result(result).doing("move_pages")?;
    ensure!(
        status.iter().all(|&node| node == target),
        "move_pages() to node {target} has put the pages to {status:?}"
    );
    Ok(())
}

/// Binds the memory to a node, strictly: fails if a page can't be moved there.
fn mbind(memory: &Memory) -> Verdict {
    let node = target_node(memory)?;

    bind(memory, node, MPOL_MF_MOVE | MPOL_MF_STRICT).doing("mbind")
}

/// The node with memory that the first page is not on, if there is another one.
fn target_node(memory: &Memory) -> Result<i32, Trouble> {
    let mut status = -1_i32;
    let page = memory.address();

    // SAFETY: One page and one status; without nodes the call only looks.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_pages,
            0,
            1,
            &raw const page,
            ptr::null::<i32>(),
            &raw mut status,
            0,
        )
    };
    Errno::result(result).doing("move_pages")?;
    let nodes = kernel_file::read_trimmed("/sys/devices/system/node/has_memory")?;
    let nodes = crate::cpulist::parse(&nodes)
        .ok_or_else(|| Trouble::fail(format!("not a list of nodes: {nodes}")))?;
    let other = nodes
        .iter()
        .filter_map(|&node| i32::try_from(node).ok())
        .find(|&node| node != status);
    Ok(other.unwrap_or(status))
}
