// SPDX-License-Identifier: GPL-2.0

//! A token stays in the task that it was lent to.
//~ E0277

use pwlocks::owner::Owner;

/// Runs something in another task.
pub fn elsewhere<F: FnOnce() + Send>(_: F) {}

/// Sends the token there.
pub fn send(owner: &Owner<'_>) {
    elsewhere(move || {
        let _ = owner.cpu();
    });
}
