// SPDX-License-Identifier: GPL-2.0

//! What work is done with can't borrow: a leaked `PwWork` may still be queued.
//~ E0478 E0495

use pwlocks::owner::Owner;
use pwlocks::work::Run;

/// Borrows from someone's stack.
pub struct Borrowed<'a>(pub &'a u64);

impl<'a> Run for Borrowed<'a> {
    fn run(&self, _: &Owner<'_>) {}
}
