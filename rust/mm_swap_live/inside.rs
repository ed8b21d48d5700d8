// SPDX-License-Identifier: GPL-2.0

//! Who is inside a replacement that may sleep.
//!
//! The module's text may go when nobody runs in it any more. For what does not sleep
//! `synchronize_rcu_tasks()` says so. Who sleeps in a replacement says that it is inside; the few
//! instructions before and after that are again covered by `synchronize_rcu_tasks()`.
//!
//! C header: [`include/linux/srcu.h`](srctree/include/linux/srcu.h)

use crate::bindings;
use kernel::types::NotThreadSafe;

/// Says that the task is inside, until dropped.
pub(crate) struct Inside {
    section: *mut kernel::bindings::srcu_ctr,
    _not_send: NotThreadSafe,
}

impl Inside {
    /// Enters. Task context.
    pub(crate) fn enter() -> Self {
        Self {
            // SAFETY: Undone by drop.
            section: unsafe { bindings::mm_swap_live_enter() },
            _not_send: NotThreadSafe,
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // SAFETY: `section` is what entering returned, in this task.
        unsafe { bindings::mm_swap_live_leave(self.section) };
    }
}

/// Returns when everybody has left, given that no replacement that may sleep can be called any more.
/// May sleep, for as long as a drain takes.
///
/// Who has left may not have returned: before the text goes, `synchronize_rcu_tasks()` has to follow.
pub(crate) fn wait_until_left() {
    // Who was called is inside, or has left.
    //
    // SAFETY: Task context.
    unsafe { kernel::bindings::synchronize_rcu_tasks() };
    wait_for_earlier();
}

/// Returns when those who are inside have left. May sleep, for as long as a drain takes.
pub(crate) fn wait_for_earlier() {
    // SAFETY: Task context, and not inside.
    unsafe { bindings::mm_swap_live_wait_for_leave() };
}
