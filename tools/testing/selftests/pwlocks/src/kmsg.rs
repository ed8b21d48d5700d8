// SPDX-License-Identifier: GPL-2.0

//! The kernel log from a moment on.

use crate::ktap::Trouble;
use guest_plan::kcsan;
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    thread,
    time::Duration,
};

/// Longer than any record that /dev/kmsg returns.
const RECORD: usize = 8192;

/// How long and how often to wait for the end of a report that is being printed.
const MOMENT: Duration = Duration::from_millis(20);
const MOMENTS: u32 = 100;

/// A place in the kernel log.
#[derive(Debug)]
pub struct Mark(File);

impl Mark {
    /// Marks the end of the log as it is now.
    pub fn now() -> Result<Self, Trouble> {
        let mut log = OpenOptions::new()
            .read(true)
            .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
            .open("/dev/kmsg")
            .map_err(|error| Trouble::fail(format!("can't open /dev/kmsg: {error}")))?;

        log.seek(SeekFrom::End(0))?;
        Ok(Self(log))
    }

    /// Returns the messages since the mark, or since the last call, without data races of the kernel's own.
    pub fn messages(&mut self) -> Result<Vec<String>, Trouble> {
        let mut messages = self.read()?;

        for _ in 0..MOMENTS {
            if !kcsan::is_cut_off(&messages) {
                break;
            }
            thread::sleep(MOMENT);
            messages.append(&mut self.read()?);
        }
        // From the last one on, for the others to stay where they are.
        for report in kcsan::of_the_kernel(&messages).into_iter().rev() {
            messages.drain(report);
        }
        Ok(messages)
    }

    /// Returns what there is.
    fn read(&mut self) -> Result<Vec<String>, Trouble> {
        let mut messages = Vec::new();
        let mut record = [0; RECORD];

        loop {
            match self.0.read(&mut record) {
                Ok(length) => messages.push(message(&record[..length])),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(messages),
                // The log was overwritten in between; reading goes on with what there is.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns those of [`Self::messages`] that begin a report of something gone wrong.
    pub fn splats(&mut self) -> Result<Vec<String>, Trouble> {
        let mut messages = self.messages()?;

        messages.retain(|message| is_splat(message));
        Ok(messages)
    }
}

/// How reports of the kernel about itself begin.
const SPLATS: &[&str] = &[
    "WARNING:",
    "BUG:",
    "[ BUG:",
    "kernel BUG",
    "Oops",
    "INFO: task",
    "INFO: rcu",
    "rcu: INFO",
    "watchdog: BUG",
];

/// Whether a message begins such a report.
pub fn is_splat(message: &str) -> bool {
    SPLATS.iter().any(|splat| message.starts_with(splat))
}

/// The text of a record: `level,number,time,flags;text`, then lines with properties.
fn message(record: &[u8]) -> String {
    let record = String::from_utf8_lossy(record);
    let text = record.split_once(';').map_or(&*record, |(_, text)| text);

    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{is_splat, message};

    #[test]
    fn record() {
        let text = message(b"3,605,3216,-;pwlocks: invalid value\n SUBSYSTEM=x\n");
        assert_eq!(text, "pwlocks: invalid value");
    }

    #[test]
    fn splats() {
        assert!(is_splat("WARNING: kernel/workqueue.c:1 at x"));
        assert!(is_splat("[ BUG: Invalid wait context ]"));
        // The rest of a report that had begun before.
        assert!(!is_splat("=================================="));
        assert!(!is_splat("pwlocks: mode local (pwlocks= asks for it)"));
    }
}
