// SPDX-License-Identifier: GPL-2.0

//! The kernel's thread that makes huge pages of small ones.

use crate::{kernel_file, ktap::Trouble, memory::has_huge_pages};

/// Lets it rest until the next boot: it drains all CPUs every ten seconds on its own account, which
/// would be taken for the doing of whatever is measured meanwhile.
pub fn rest() -> Result<(), Trouble> {
    if !has_huge_pages() {
        return Ok(());
    }
    kernel_file::write("/sys/kernel/mm/transparent_hugepage/enabled", "never")
}
