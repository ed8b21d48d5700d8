// SPDX-License-Identifier: GPL-2.0

//! Lines of our own in the kernel log.

use std::fs::OpenOptions;
use std::io::Write;

/// Puts one line in the kernel log, marked as ours so that nobody takes it for the kernel's.
///
/// Says it on the console if there is no kernel log yet; there is nobody else to report to.
pub fn say(line: &str) {
    let written = OpenOptions::new()
        .write(true)
        .open("/dev/kmsg")
        .and_then(|mut log| log.write_all(format!("<5>pwlocks-guest: {line}\n").as_bytes()));
    if written.is_err() {
        eprintln!("pwlocks-guest: {line}");
    }
}
