// SPDX-License-Identifier: GPL-2.0

//! The lines that frame a step's output on the result channel.

use std::fmt;

/// Exit status reported for a step that was killed at its time limit.
pub const STATUS_TIMEOUT: i32 = 124;

/// Exit status reported for a step that was killed as the user wants no more.
pub const STATUS_INTERRUPTED: i32 = 130;

/// Exit status reported for a step that could not be started.
pub const STATUS_NOT_STARTED: i32 = 127;

/// A line that starts with `@`; every other line is output of the step that was begun last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// The named step starts.
    Begin(String),
    /// The named step ended with this exit status (128 + signal if a signal ended it).
    End(String, i32),
    /// All steps ran; the guest powers off.
    Done,
}

impl Frame {
    /// Reads a line of the result channel; `None` if it is not a frame line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix('@')?.split_whitespace();
        let frame = match (words.next()?, words.next(), words.next()) {
            ("begin", Some(name), None) => Self::Begin(name.to_owned()),
            ("end", Some(name), Some(status)) => Self::End(name.to_owned(), status.parse().ok()?),
            ("done", None, None) => Self::Done,
            _ => return None,
        };
        Some(frame)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(name) => write!(f, "@begin {name}"),
            Self::End(name, status) => write!(f, "@end {name} {status}"),
            Self::Done => write!(f, "@done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;

    #[test]
    fn every_frame_survives_a_round_trip() {
        for frame in [
            Frame::Begin("lock".into()),
            Frame::End("lock".into(), 4),
            Frame::Done,
        ] {
            assert_eq!(Frame::parse(&frame.to_string()), Some(frame));
        }
    }

    #[test]
    fn other_lines_are_no_frames() {
        for line in [
            "ok 1 - lock",
            "@",
            "@end lock",
            "@end lock x",
            "@done now",
            "",
        ] {
            assert_eq!(Frame::parse(line), None, "{line:?}");
        }
    }
}
