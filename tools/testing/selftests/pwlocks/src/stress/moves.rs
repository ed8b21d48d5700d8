// SPDX-License-Identifier: GPL-2.0

//! Pages that move between the nodes, if there are several.

use super::Stressor;
use crate::{
    doing::Doing as _,
    ktap::Trouble,
    memory::Memory,
    mempolicy::{MPOL_MF_MOVE, bind},
};
use nix::errno::Errno;

/// A batch, and some pages more.
const PAGES: usize = 40;

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
        bind(&memory, 0, MPOL_MF_MOVE)?;
        match bind(&memory, 1, MPOL_MF_MOVE) {
            Ok(()) => Ok(2 * PAGES as u64),
            // There is no such node, or it has no memory.
            Err(Errno::EINVAL) => Ok(PAGES as u64),
            Err(error) => Err(error).doing("mbind"),
        }
    }
}
