// SPDX-License-Identifier: GPL-2.0

//! CPU lists as the kernel prints them: `0-2,5`, or nothing.

use crate::{kernel_file, ktap::Trouble};
pub use guest_plan::cpulist::parse;

const CPUS: &str = "/sys/devices/system/cpu";

/// Reads the list `name` of /sys/devices/system/cpu, as `online`, `isolated` or `nohz_full`.
pub fn read(name: &str) -> Result<Vec<usize>, Trouble> {
    let path = format!("{CPUS}/{name}");
    let text = kernel_file::read_trimmed(&path)?;

    parse(&text).ok_or_else(|| Trouble::fail(format!("{path} is no CPU list: {text}")))
}
