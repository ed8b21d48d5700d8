// SPDX-License-Identifier: GPL-2.0

//! On which node memory is to be: `mbind(2)`.

use crate::memory::{Memory, PAGE};
use nix::{errno::Errno, libc};

/// Pages that are elsewhere, and can't be moved, are an error (`include/uapi/linux/mempolicy.h`).
pub const MPOL_MF_STRICT: u32 = 1;
/// Pages that are elsewhere are moved, if they can be.
pub const MPOL_MF_MOVE: u32 = 2;

/// Binds `memory` to `node`, with flags as above. `EINVAL`: there is no such node, or it has no memory.
pub fn bind(memory: &Memory, node: i32, flags: u32) -> Result<(), Errno> {
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
            flags,
        )
    };
    Errno::result(result).map(drop)
}
