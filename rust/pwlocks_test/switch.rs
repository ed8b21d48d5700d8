// SPDX-License-Identifier: GPL-2.0

//! Switching the mode for a while, as a write to the parameter does.

use crate::{
    context,
    turn::{
        self,
        Patience, //
    },
    verdict::{
        Trouble,
        Verdict, //
    },
};
use kernel::{
    error::to_result,
    prelude::*, //
};
use pwlocks::{
    bindings,
    mode, //
};

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
        set(remote)?;
        Ok(switched)
    }

    /// Switches once more; the mode to come back to stays. May sleep, for as long as somebody does
    /// what the switch has to wait for.
    pub(crate) fn again(&self, remote: bool) -> Result {
        set(remote)
    }
}

impl Drop for Switched {
    fn drop(&mut self) {
        if let Err(error) = set(self.before) {
            pr_err!("the mode is not what it was: {error:?}\n");
        }
    }
}

/// Switches as the parameter's callback does. Nothing but the kernel's lock for a module's
/// parameters is missing, which serialises writers the way the switch does itself.
pub(crate) fn set(remote: bool) -> Result {
    let value = if remote { c"1" } else { c"0" };

    // SAFETY: A C string, in task context.
    to_result(unsafe { bindings::pwlocks_request_mode(value.as_char_ptr()) })
}

/// Waits until a switch to this mode is visibly under way, asleep if the context allows it; false
/// if it is not begun.
///
/// Where there is a key, that is when it has changed, for a switch to remote mode, and when
/// requesters are forbidden, for one to local mode, but `by_key`. Where there is none, all is over.
#[must_use = "a switch that is not begun is a failure"]
pub(crate) fn wait_for(remote: bool, by_key: bool) -> bool {
    let has_key = !context::is_preempt_rt();
    let patience = Patience::begin();

    loop {
        // SAFETY: Reads the key's state.
        let key = unsafe { bindings::pwlocks_key_is_set() };
        let seen = if has_key && (by_key || remote) {
            key
        } else {
            mode::is_remote()
        };

        if seen == remote {
            return true;
        }
        if patience.is_over() {
            return false;
        }
        turn::pause();
    }
}
