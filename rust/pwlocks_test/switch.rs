// SPDX-License-Identifier: GPL-2.0

//! Changing the mode for a while.

use crate::{
    bindings,
    verdict::{
        Trouble,
        Verdict, //
    },
};
use pwlocks::mode;

/// Another mode, until dropped.
pub(crate) struct Switched {
    before: bool,
}

impl Switched {
    /// Switches to remote mode, or to local mode. Skips where there is only one. May sleep.
    pub(crate) fn to(remote: bool) -> Verdict<Self> {
        let switched = Self {
            before: mode::is_remote(),
        };

        if !cfg!(CONFIG_PWLOCKS) && remote {
            return Err(Trouble::Skip("built with CONFIG_PWLOCKS=n"));
        }
        set(remote);
        Ok(switched)
    }

    /// Switches once more; the mode to come back to stays. May sleep.
    pub(crate) fn again(&self, remote: bool) {
        set(remote);
    }
}

impl Drop for Switched {
    fn drop(&mut self) {
        set(self.before);
    }
}

fn set(remote: bool) {
    // SAFETY: Tests run one at a time, and no one else uses the locks.
    unsafe { bindings::pwlocks_test_set_mode(remote) };
}
