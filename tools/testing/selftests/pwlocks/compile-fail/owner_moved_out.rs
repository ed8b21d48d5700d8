// SPDX-License-Identifier: GPL-2.0

//! A token is lent: it can't be taken out of its loan.
//~ E0507

use pwlocks::owner::Owner;

/// Keeps the token.
pub fn keep(owner: &Owner<'_>, kept: &mut KeptOwners) {
    kept.owner = Some(*owner);
}

/// Where to keep it.
pub struct KeptOwners {
    owner: Option<Owner<'static>>,
}
