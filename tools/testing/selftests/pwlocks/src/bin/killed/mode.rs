// SPDX-License-Identifier: GPL-2.0

//! Switches the mode.

use crate::role::Participant;
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{
    doing::Doing as _,
    ensure, environment,
    ktap::{Trouble, Verdict},
    module,
};
use std::{thread, time::Duration};

/// The longest time in one mode.
const LONGEST_US: u64 = 20_000;

pub(crate) struct Mode;

impl Participant for Mode {
    fn act(&mut self, rng: &mut Rng) -> Result<bool, Trouble> {
        let values = values();
        let value = values[rng.usize(..values.len())];
        let stay = Duration::from_micros(rng.u64(..LONGEST_US));
        let written = match write(value) {
            Ok(()) => true,
            // The module is not there, or going.
            Err(Errno::ENOENT | Errno::ENODEV) => false,
            Err(error) => return Err(error).doing(format_args!("writing {value}")),
        };

        thread::sleep(stay);
        Ok(written)
    }
}

/// Puts each mode in force, and reads it. Nobody else may switch.
pub(crate) fn set_each() -> Verdict {
    for value in values().iter().filter(|&&value| value != "auto") {
        write(value).doing(format_args!("writing {value}"))?;
        let shown = module::parameter("pwlocks", "pwlocks")?;
        ensure!(shown == *value, "{shown} after {value} was written");
    }
    write("auto").doing("writing auto")
}

fn write(value: &str) -> Result<(), Errno> {
    module::write_parameter("pwlocks", "pwlocks", value)
}

/// What is accepted, whichever way the module was built.
fn values() -> &'static [&'static str] {
    if environment::built_in() {
        &["0", "1", "auto"]
    } else {
        &["0", "auto"]
    }
}
