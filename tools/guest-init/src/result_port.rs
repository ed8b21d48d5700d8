// SPDX-License-Identifier: GPL-2.0

//! The channel that carries results to the host.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};

use guest_plan::frame::Frame;
use guest_plan::runner::Channel;
use nix::sys::termios::{SetArg, cfmakeraw, tcdrain, tcgetattr, tcsetattr};

use crate::kmsg;

const PORT: &str = "/dev/ttyS1";

/// The second serial port, raw, so that what is written arrives as it was.
pub struct ResultPort {
    tty: File,
    at_line_start: bool,
}

impl ResultPort {
    /// Opens the port.
    pub fn open() -> io::Result<Self> {
        let tty = OpenOptions::new().read(true).write(true).open(PORT)?;
        let mut settings = tcgetattr(&tty)?;
        cfmakeraw(&mut settings);
        tcsetattr(&tty, SetArg::TCSANOW, &settings)?;
        Ok(Self {
            tty,
            at_line_start: true,
        })
    }

    /// Waits until the host has everything.
    pub fn drain(&self) -> io::Result<()> {
        Ok(tcdrain(&self.tty)?)
    }
}

impl Channel for ResultPort {
    fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(last) = bytes.last() {
            self.at_line_start = *last == b'\n';
        }
        self.tty.write_all(bytes)
    }

    /// Even if the output before it ended in mid-line.
    fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        let start = if self.at_line_start { "" } else { "\n" };
        self.at_line_start = true;
        self.tty.write_all(format!("{start}{frame}\n").as_bytes())
    }

    /// Programs' standard error goes to the kernel log, which is the guest's only other way out.
    fn say(&self) -> fn(&str) {
        kmsg::say
    }

    fn out_of_time(&mut self) {
        show_blocked_tasks();
    }
}

/// Puts the stacks of blocked tasks in the kernel log: why a program hangs is often seen there.
fn show_blocked_tasks() {
    if let Err(error) = fs::write("/proc/sysrq-trigger", "w") {
        kmsg::say(&format!("init: sysrq: {error}"));
    }
}
