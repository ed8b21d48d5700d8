// SPDX-License-Identifier: GPL-2.0

//! The channel that carries results to the host.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use guest_plan::frame::Frame;
use nix::sys::termios::{SetArg, cfmakeraw, tcdrain, tcgetattr, tcsetattr};

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

    /// Writes output of the step that runs.
    pub fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(last) = bytes.last() {
            self.at_line_start = *last == b'\n';
        }
        self.tty.write_all(bytes)
    }

    /// Writes a frame line, on a line of its own even if the output before it ended in mid-line.
    pub fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        let start = if self.at_line_start { "" } else { "\n" };
        self.at_line_start = true;
        self.tty.write_all(format!("{start}{frame}\n").as_bytes())
    }

    /// Waits until the host has everything.
    pub fn drain(&self) -> io::Result<()> {
        Ok(tcdrain(&self.tty)?)
    }
}
