// SPDX-License-Identifier: GPL-2.0

//! Requests that make the kernel itself drain all CPUs' batches, and what an isolated CPU on which
//! a real-time loop touches new pages has to do for them: on the kernel as it is, or with
//! `mm_swap_live.ko`.

mod block_device;
mod largest;
mod loop_process;
mod mapping;
mod measurement;
mod memory_block;
mod mlockall;
mod modules;
mod move_pages;
mod observer;
mod page_loop;
mod requests;
mod role;
mod row;
mod scheduling;
mod shared;
mod stage;
mod sysctl;
mod trigger;

pub use loop_process::LoopProcess;
pub use measurement::Measurement;
pub use observer::watches;
pub use role::Role;
pub use row::{Figures, Measured, Row, Subject};
pub use scheduling::Scheduling;
pub use stage::Stage;
pub use trigger::Trigger;

use crate::{demonstration::flavour, ktap::Trouble};
use modules::Modules;
use nix::sys::utsname;

/// Requests of each kind that are made and timed.
const REQUESTS: usize = 10;

/// Measures all triggers with one subject. `each` is told of every row when it is there, and for
/// whom the loop was switched out.
pub fn run(mut each: impl FnMut(&Row, &[String])) -> Result<(), Trouble> {
    let modules = Modules::load()?;
    let stage = Stage::set(Scheduling::Fifo)?;
    let release = utsname::uname()?.release().to_string_lossy().into_owned();
    let pwlocks = modules.mode()?;

    for trigger in Trigger::ALL {
        let (result, switched_to) = match stage.measure(Some(trigger), REQUESTS) {
            Ok(mut measurement) => {
                let switched_to = std::mem::take(&mut measurement.switched_to);
                (Measured::Figures(measurement.figures()), switched_to)
            }
            Err(Trouble::Skip(skipped)) => (Measured::Skipped { skipped }, Vec::new()),
            Err(Trouble::Fail(cause)) => return Err(format!("{trigger:?}: {cause}").into()),
        };
        let row = Row {
            subject: modules.subject(),
            kernel: release.clone(),
            flavour: flavour(),
            pwlocks,
            trigger,
            result,
        };
        each(&row, &switched_to);
    }
    Ok(())
}
