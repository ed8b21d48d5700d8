// SPDX-License-Identifier: GPL-2.0

//! Dropping caches, which begins with lru_add_drain_all().

use crate::{environment, kernel_file, ktap::Trouble};

/// 1 drops page cache, 2 slab memory, 3 both.
pub const FILE: &str = "/proc/sys/vm/drop_caches";

/// Drops caches without a line in the kernel log, from now until the next boot: where that goes to a
/// serial console, writing it takes longer than what is tested.
///
/// Not on a machine that goes on afterwards: it can't be undone.
pub fn quietly() -> Result<(), Trouble> {
    if !environment::is_throwaway() {
        return Ok(());
    }
    kernel_file::write(FILE, "4")
}
