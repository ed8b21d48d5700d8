// SPDX-License-Identifier: GPL-2.0

//! Moving pages of this process to another node.

use super::{mapping::Mapping, trigger::Request};
use crate::{cpulist, doing::Doing as _, ensure, kernel_file, ktap::Trouble};
use nix::{
    errno::Errno,
    libc::{self, c_int, c_void},
};
use std::{
    ptr::NonNull,
    time::{Duration, Instant},
};

/// Pages that are moved.
const PAGES: usize = 16;

/// `include/uapi/linux/mempolicy.h`: pages that no other process maps.
const MPOL_MF_MOVE: c_int = 1 << 1;

const NODES: &str = "/sys/devices/system/node/has_memory";

/// The pages, and the nodes they go to in turn.
#[derive(Debug)]
pub(super) struct MovePages {
    memory: Mapping,
    nodes: [c_int; 2],
}

impl MovePages {
    /// Skips unless there are two nodes with memory.
    pub(super) fn new() -> Result<Self, Trouble> {
        let nodes = nodes()?;
        let &[one, other, ..] = &nodes[..] else {
            return Err(Trouble::skip("there is one memory node only"));
        };
        let mut memory = Mapping::anonymous(PAGES)?;

        for page in 0..PAGES {
            memory.touch(page);
        }
        Ok(Self {
            memory,
            nodes: [other, one].map(|node| node as c_int),
        })
    }

    /// Whether there are.
    pub(super) fn has_nodes() -> bool {
        nodes().is_ok_and(|nodes| nodes.len() > 1)
    }

    fn move_to(&self, node: c_int) -> Result<[c_int; PAGES], Errno> {
        let pages: [NonNull<c_void>; PAGES] = std::array::from_fn(|page| self.memory.page(page));
        let nodes = [node; PAGES];
        let mut status = [-1; PAGES];

        // SAFETY: The kernel reads `PAGES` addresses and nodes and writes as many numbers.
        let result = unsafe {
            libc::syscall(
                libc::SYS_move_pages,
                0,
                PAGES,
                pages.as_ptr(),
                nodes.as_ptr(),
                status.as_mut_ptr(),
                MPOL_MF_MOVE,
            )
        };
        // Positive: so many were not moved, of which `status` tells.
        Errno::result(result)?;
        Ok(status)
    }
}

fn nodes() -> Result<Vec<usize>, Trouble> {
    cpulist::parse(&kernel_file::read(NODES)?)
        .ok_or_else(|| Trouble::fail(format!("{NODES} is no list")))
}

impl Request for MovePages {
    fn make(&mut self) -> Result<Duration, Trouble> {
        let [node, _] = self.nodes;
        let start = Instant::now();
        let status = self.move_to(node).doing("move_pages")?;
        let took = start.elapsed();

        ensure!(
            status.contains(&node),
            "no page was moved to node {node}: {status:?}"
        );
        self.nodes.reverse();
        Ok(took)
    }
}
