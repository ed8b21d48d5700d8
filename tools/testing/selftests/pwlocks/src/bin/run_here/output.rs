// SPDX-License-Identifier: GPL-2.0

//! Standard output, as steps are framed on it.

use guest_plan::{frame::Frame, runner::Channel};
use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// It, and whether somebody wants no more.
#[derive(Debug)]
pub struct Output {
    interrupt: Arc<AtomicBool>,
    at_line_start: bool,
}

impl Output {
    /// Until `interrupt` is set.
    pub fn new(interrupt: Arc<AtomicBool>) -> Self {
        Self {
            interrupt,
            at_line_start: true,
        }
    }
}

impl Channel for Output {
    fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(last) = bytes.last() {
            self.at_line_start = *last == b'\n';
        }
        let mut stdout = io::stdout();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Even if the output before it ended in mid-line.
    fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        let start = if self.at_line_start { "" } else { "\n" };
        self.output(format!("{start}{frame}\n").as_bytes())
    }

    fn say(&self) -> fn(&str) {
        |line| eprintln!("{line}")
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
