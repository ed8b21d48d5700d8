// SPDX-License-Identifier: GPL-2.0

//! The guest's end.

use nix::sys::reboot::{RebootMode, reboot};

use crate::kmsg;

/// Powers the guest off.
pub fn off() -> ! {
    nix::unistd::sync();
    let Err(error) = reboot(RebootMode::RB_POWER_OFF);
    kmsg::say(&format!("init: cannot power off: {error}"));
    // The kernel panics when its first process exits, which ends the guest as well.
    std::process::exit(1);
}
