// SPDX-License-Identifier: GPL-2.0

//! oslat at work.

use crate::gaps::Gaps;
use selftests::{bench::Tool, doing::Doing as _, environment, ktap::Trouble};
use std::{
    cell::Cell,
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command},
    thread,
    time::{Duration, Instant},
};

/// Its SCHED_FIFO priority: above the kernel's threaded interrupts, below who touches pages.
const PRIORITY: &str = "55";

/// As many classes of gaps as it can have, but for the last digits, and as wide as it takes for them to
/// reach as far as gaps go in an emulated machine. In nanoseconds; of whole microseconds, or its times
/// have another unit.
const CLASSES: &str = "1000";
const WIDTH_NS: &str = "10000";

/// Seconds after which it ends by itself, should this program not come to end it: until then nothing
/// else runs on the CPU.
const AT_MOST: &str = "100";

/// How long its first thread, for the CPU to get warm, spins at most: a second, and what a slow machine adds.
const WARM: Duration = Duration::from_secs(5);

/// What its measuring thread does first: it finds out how fast the time-stamp counter is.
const CALIBRATION: Duration = Duration::from_millis(200);

/// oslat, until it is told to end.
#[derive(Debug)]
pub struct Oslat {
    tool: Tool,
    report: Report,
}

impl Oslat {
    /// Has it spin on the CPU `isolated`, and its main thread wait on `home`. It measures when this
    /// returns.
    pub fn start(isolated: usize, home: usize) -> Result<Self, Trouble> {
        let report = Report::new();
        let mut command = Command::new(environment::oslat());
        command
            .args(["--cpu-list", &isolated.to_string()])
            .args(["--cpu-main-thread", &home.to_string()])
            .args(["--rtprio", PRIORITY, "--duration", AT_MOST])
            .args(["--bucket-size", CLASSES, "--bucket-width", WIDTH_NS])
            .args(["--quiet", "--zero-omit"])
            .arg(format!("--json={}", report.0.display()));
        let mut tool = Tool::start(&mut command)?;
        let threads = PathBuf::from(format!("/proc/{}/task", tool.pid()));
        let main = tool.pid().to_string();
        let first = Cell::new(None);

        tool.wait_until(|| Ok(measures(&first, spinning(&threads, &main), Instant::now())))?;
        thread::sleep(CALIBRATION);
        Ok(Self { tool, report })
    }

    /// Ends it; what it has seen.
    pub fn end(self) -> Result<Gaps, Trouble> {
        let said = self.tool.interrupt()?;
        let report = fs::read_to_string(&self.report.0)
            .doing(format_args!("oslat's report, of which it said: {said}"))?;

        Gaps::of_report(&report)
    }
}

/// Whether the thread that spins is not the `first` one that was seen to any more: that one is for the CPU to get
/// warm. If nobody looked while it was there, the one that measures is seen first, and stays.
fn measures(
    first: &Cell<Option<(String, Instant)>>,
    spinning: Option<String>,
    now: Instant,
) -> bool {
    let Some(spinning) = spinning else {
        return false;
    };
    let (known, since) = first.take().unwrap_or_else(|| (spinning.clone(), now));
    let measures = known != spinning || now - since >= WARM;

    first.set(Some((known, since)));
    measures
}

/// The thread that is not the `main` one, if there is one.
fn spinning(threads: &Path, main: &str) -> Option<String> {
    fs::read_dir(threads)
        .ok()?
        .flatten()
        .map(|thread| thread.file_name().to_string_lossy().into_owned())
        .find(|thread| thread != main)
}

/// The file that it leaves, which is removed with this value.
#[derive(Debug)]
struct Report(PathBuf);

impl Report {
    fn new() -> Self {
        let name = format!("pwlocks-oslat-{}.json", process::id());

        Self(env::temp_dir().join(name))
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        // There is none if it did not get so far.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{WARM, measures};
    use std::{
        cell::Cell,
        time::{Duration, Instant},
    };

    #[test]
    fn the_second_thread_measures() {
        let first = Cell::new(None);
        let now = Instant::now();
        let thread = |name: &str| Some(name.to_owned());
        let seen = [None, thread("8"), thread("8"), None, thread("9")];
        let measuring = seen.map(|spinning| measures(&first, spinning, now));
        assert_eq!(measuring, [false, false, false, false, true]);
    }

    #[test]
    fn one_that_stays_measures() {
        let first = Cell::new(None);
        let now = Instant::now();
        let at = |time| measures(&first, Some("9".to_owned()), now + time);
        let measuring = [Duration::ZERO, WARM / 2, WARM].map(at);
        assert_eq!(measuring, [false, false, true]);
    }
}
