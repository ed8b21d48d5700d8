// SPDX-License-Identifier: GPL-2.0

//! Pages that move between the nodes, if there are several.

use super::Stressor;
use crate::{doing::Doing as _, ktap::Trouble, memory::Memory, memory::PAGE};
use nix::{errno::Errno, libc};

/// A batch, and some pages more.
const PAGES: usize = 40;

/// `include/uapi/linux/mempolicy.h`: pages that are elsewhere are moved, if they can be.
const MPOL_MF_MOVE: u32 = 2;

/// Binds new memory to a node, which disables the batches of all CPUs for a moment even if there is
/// one node only.
pub(super) struct Moves;

impl Stressor for Moves {
    fn name(&self) -> &'static str {
        "pages bound to a node"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let memory = Memory::anonymous(PAGES)?;

        memory.touch();
        bind(&memory, 0)?;
        match bind(&memory, 1) {
            Ok(()) => Ok(2 * PAGES as u64),
            // There is no such node, or it has no memory.
            Err(Errno::EINVAL) => Ok(PAGES as u64),
            Err(error) => Err(error).doing("mbind"),
        }
    }
}

fn bind(memory: &Memory, node: u32) -> Result<(), Errno> {
    let mask: libc::c_ulong = 1 << node;

    // SAFETY: The mask has as many bits as the call is told.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mbind,
            memory.address(),
            memory.pages() * PAGE,
            libc::MPOL_BIND,
            &raw const mask,
            libc::c_ulong::BITS,
            MPOL_MF_MOVE,
        )
    };
    Errno::result(result).map(drop)
}
