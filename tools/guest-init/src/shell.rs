// SPDX-License-Identifier: GPL-2.0

//! The interactive guest.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::process::Command;

use guest_plan::plan::{MODULES_DIR, PROGRAMS_DIR};

/// Gives the console to a shell and waits until the user leaves it.
pub fn run(environment: &BTreeMap<String, String>) -> io::Result<()> {
    println!("pwlocks guest: modules in {MODULES_DIR}, programs in {PROGRAMS_DIR}.");
    println!("`exit` powers the guest off; Ctrl-A X ends it from outside.");
    let console = || OpenOptions::new().read(true).write(true).open("/dev/ttyS0");
    let mut shell = Command::new("/bin/setsid");
    // -c makes the serial port the controlling terminal, so that Ctrl-C reaches the program.
    shell
        .args(["-c", "/bin/sh", "-l"])
        .env_clear()
        .envs(environment);
    shell
        .stdin(console()?)
        .stdout(console()?)
        .stderr(console()?);
    shell.status().map(|_| ())
}
