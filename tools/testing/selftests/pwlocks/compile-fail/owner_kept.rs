// SPDX-License-Identifier: GPL-2.0

//! A token does not outlive the call that it is lent to.
//~ E0521

use pwlocks::owner::Owner;

/// Wants a token for ever.
pub fn for_ever(_: &'static Owner<'static>) {}

/// Keeps the token.
pub fn keep(owner: &Owner<'_>) {
    for_ever(owner);
}
