// SPDX-License-Identifier: GPL-2.0

//! What is said of tests in the end.

use crate::failure::Ended;
use crate::lab::Lab;
use crate::tally::Tally;

/// Says what failed and what was left out, and the sum last.
pub fn run(lab: &Lab, tally: &Tally) -> Ended {
    for failure in &tally.failures {
        lab.ui.print(&format!("not ok {failure}"));
    }
    if !tally.failures.is_empty() {
        let build = lab.project.build();
        lab.ui.print(&format!(
            "logs: {}, of guests: {}",
            build.join("log").display(),
            build.join("guest").display()
        ));
    }
    if tally.repeated_boots > 0 {
        lab.ui.print(&format!(
            "{} guests booted again because the emulator had run stale code in them",
            tally.repeated_boots
        ));
    }
    if !tally.left_out.is_empty() {
        lab.ui
            .print(&format!("left out: {}", tally.left_out.join(", ")));
    }
    lab.ui.print(&tally.to_string());
    tally.ended()
}
