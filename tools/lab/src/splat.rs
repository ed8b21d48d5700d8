// SPDX-License-Identifier: GPL-2.0

//! Complaints of the kernel in a guest's log.

use std::fs;
use std::path::Path;

use guest_plan::kcsan;
use serde::Deserialize;

use crate::failure::{During, Failure, Result};

/// The list of complaints that do not count, in the project's folder.
const ALLOWED_FILE: &str = "tools/lab/allowed-splats.json";

/// How messages of complaint start.
const STARTS: &[&str] = &[
    "[ BUG: ",
    "BUG: ",
    "DEBUG_LOCKS_WARN_ON",
    "INFO: possible recursive locking",
    "INFO: rcu_",
    "INFO: task ",
    "INFO: trying to register non-static key",
    "Internal error: ",
    "Kernel panic - not syncing",
    "NMI watchdog: ",
    "Oops: ",
    "UBSAN: ",
    "WARNING: ",
    "general protection fault",
    "kernel BUG at ",
    "possible deadlock",
    "rcu: INFO: ",
    "watchdog: BUG: ",
    "watchdog: Watchdog detected",
];

/// Words anywhere in a message that make it a complaint.
const WORDS: &[&str] = &[
    "KASAN: ",
    "KCSAN: ",
    "KFENCE: ",
    "soft lockup",
    "hard LOCKUP",
    "self-detected stall",
];

/// Starts of messages that look like complaints and are none.
const HARMLESS: &[&str] = &[
    // The watchdog says that it is there, or that this CPU has no counter for it.
    "NMI watchdog: Enabled",
    "NMI watchdog: Perf ",
];

/// One complaint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Splat {
    /// Its number in the log, from 1.
    pub line: usize,
    /// The message without the time stamp.
    pub text: String,
}

/// All complaints in a kernel log, but for data races of the kernel's own.
pub fn scan(log: &str) -> Vec<Splat> {
    let messages: Vec<_> = log.lines().map(message).collect();
    let own_races = kcsan::of_the_kernel(&messages);
    messages
        .into_iter()
        .enumerate()
        .filter(|(at, text)| {
            is_complaint(text) && !own_races.iter().any(|report| report.contains(at))
        })
        .map(|(at, text)| Splat {
            line: at + 1,
            text: text.to_owned(),
        })
        .collect()
}

fn is_complaint(text: &str) -> bool {
    let starts = |with: &[&str]| with.iter().any(|start| text.starts_with(start));
    let ours = text.starts_with("pwlocks-guest: ");
    let found = starts(STARTS) || WORDS.iter().any(|word| text.contains(word));
    found && !ours && !starts(HARMLESS)
}

/// The message of a log line, after `[   12.345678]` and, if there is one, `[   T123]`.
fn message(line: &str) -> &str {
    let mut rest = line.trim();
    for _ in 0..2 {
        let Some(end) = rest.strip_prefix('[').and_then(|stamp| stamp.find(']')) else {
            break;
        };
        let stamp = &rest[1..=end];
        if !stamp
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" .TC".contains(&byte))
        {
            break;
        }
        rest = rest[end + 2..].trim_start();
    }
    rest
}

/// The kernel's last words, if it panicked.
pub fn panic_in(log: &str) -> Option<String> {
    let panic = log
        .lines()
        .map(message)
        .find(|text| text.starts_with("Kernel panic - "))?;
    Some(panic.to_owned())
}

/// An entry of the allow list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// Words of the message.
    contains: String,
    /// Why it does not count.
    reason: String,
}

/// The complaints that do not count.
#[derive(Debug)]
pub struct Allowed(Vec<Exception>);

impl Allowed {
    /// Reads the list of the project in `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let file = folder.join(ALLOWED_FILE);
        let step = format!("allowed splats: {}", file.display());
        let text = fs::read_to_string(&file).during(&step)?;
        Self::parse(&text).map_err(|cause| Failure::step(step, cause))
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        let exceptions: Vec<Exception> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        for exception in &exceptions {
            if exception.contains.trim().len() < 8 || exception.reason.trim().is_empty() {
                return Err(format!(
                    "{:?} needs telling words and a reason",
                    exception.contains
                ));
            }
        }
        Ok(Self(exceptions))
    }

    /// The complaints that count.
    pub fn filter(&self, mut splats: Vec<Splat>) -> Vec<Splat> {
        let allows = |splat: &Splat| {
            self.0
                .iter()
                .any(|entry| splat.text.contains(&entry.contains))
        };
        splats.retain(|splat| !allows(splat));
        splats
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, message, panic_in, scan};

    /// Logs of real guests in which a module did what the file's name says.
    macro_rules! recorded {
        ($name:literal) => {
            include_str!(concat!("../testdata/", $name, ".log"))
        };
    }

    fn texts(log: &str) -> Vec<String> {
        scan(log).into_iter().map(|splat| splat.text).collect()
    }

    #[test]
    fn every_kind_of_trouble_is_found_in_recorded_logs() {
        for (log, words) in [
            (recorded!("warn"), "WARNING: trouble.c:12 at i+0x28"),
            (recorded!("bug"), "kernel BUG at trouble.c:13!"),
            (
                recorded!("null-pointer"),
                "BUG: kernel NULL pointer dereference",
            ),
            (
                recorded!("panic"),
                "Kernel panic - not syncing: trouble: asked for",
            ),
            (recorded!("atomic"), "BUG: scheduling while atomic"),
            (
                recorded!("rcu-stall"),
                "rcu: INFO: rcu_preempt self-detected stall on CPU",
            ),
            (
                recorded!("soft-lockup"),
                "watchdog: BUG: soft lockup - CPU#3 stuck",
            ),
            (
                recorded!("hung-task"),
                "INFO: task sleeper:118 blocked for more than 8 seconds.",
            ),
        ] {
            let found = texts(log);
            assert!(
                found.iter().any(|text| text.contains(words)),
                "{words}: {found:?}"
            );
        }
    }

    #[test]
    fn clean_recorded_logs_are_clean() {
        for log in [recorded!("clean-rt"), recorded!("clean-isolated")] {
            assert_eq!(texts(log), [""; 0]);
        }
    }

    #[test]
    fn reports_of_debugging_kernels_are_found() {
        for line in [
            "[    1.000000] WARNING: possible circular locking dependency detected",
            "[    1.000000][   T12] BUG: KASAN: slab-use-after-free in f+0x1/0x2",
            "[    1.000000] UBSAN: array-index-out-of-bounds in a.c:1:2",
            "[    1.000000] INFO: possible recursive locking detected",
            "[    1.000000] [ BUG: Invalid wait context ]",
            "general protection fault, probably for non-canonical address",
        ] {
            assert_eq!(scan(line).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_data_race_counts_where_our_modules_take_part() {
        let report = |module: &str| {
            format!(
                "[    1.0] =====\n[    1.0] BUG: KCSAN: data-race in f / g\n\
                 [    1.0]  f+0x1/0x2{module}\n[    1.0] =====\n[    1.0] WARNING: x\n"
            )
        };
        assert_eq!(texts(&report("")), ["WARNING: x"]);
        assert_eq!(texts(&report(" [mm_swap_live]")).len(), 2);
    }

    #[test]
    fn what_a_program_says_is_no_complaint_of_the_kernel() {
        assert_eq!(
            scan("[    1.0] pwlocks-guest: lock: BUG: soft lockup expected").len(),
            0
        );
    }

    #[test]
    fn time_stamps_are_taken_off_and_other_brackets_are_not() {
        assert_eq!(message("[    4.491222] [   T1] text"), "text");
        assert_eq!(message("[Hardware Error] text"), "[Hardware Error] text");
    }

    #[test]
    fn the_last_words_of_a_panic() {
        let words = panic_in(recorded!("panic")).unwrap();
        assert_eq!(words, "Kernel panic - not syncing: trouble: asked for");
        assert_eq!(panic_in(recorded!("clean-rt")), None);
    }

    #[test]
    fn the_allow_list_takes_only_telling_words_with_a_reason() {
        let list = "[{\"contains\": \"trouble.c:12 at i+\", \"reason\": \"the test asks for it\"}]";
        let allowed = Allowed::parse(list).unwrap();
        assert!(allowed.filter(scan(recorded!("warn"))).is_empty());
        assert!(!allowed.filter(scan(recorded!("bug"))).is_empty());
        assert!(Allowed::parse("[{\"contains\": \"BUG\", \"reason\": \"noisy\"}]").is_err());
        assert!(
            Allowed::parse("[{\"contains\": \"trouble.c:12 at\", \"reason\": \" \"}]").is_err()
        );
    }

    #[test]
    fn the_projects_allow_list_can_be_read() {
        Allowed::parse(include_str!("../allowed-splats.json")).unwrap();
    }
}
