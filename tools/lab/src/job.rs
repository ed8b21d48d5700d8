// SPDX-License-Identifier: GPL-2.0

//! One command of a step: its output goes to a log file and moves the step's bar.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::failure::{During, Failure, Result};
use crate::interrupt::Interrupt;
use crate::sandbox::Sandbox;
use crate::tail::Tail;
use crate::ui::{Step, Ui};

/// How often a waiting loop looks at its process, its log and the interrupt flag.
pub const POLL: Duration = Duration::from_millis(100);

/// Lines of a log that a message quotes at most.
const QUOTED: usize = 2;

/// A command that is to be run.
pub struct Job<'a> {
    /// What it is for, as the user reads it.
    pub step: &'a str,
    /// Where its output goes.
    pub log: PathBuf,
    /// Where its standard output goes, if not into the log.
    pub output: Option<PathBuf>,
    /// How long it may take to end when it is asked to; if it is not asked, it is killed.
    pub leave: Option<Duration>,
}

impl<'a> Job<'a> {
    /// A command for `step` with its log in `log`.
    pub fn new(step: &'a str, log: impl Into<PathBuf>) -> Self {
        Self {
            step,
            log: log.into(),
            output: None,
            leave: None,
        }
    }

    /// Sends standard output to `file` instead of the log.
    pub fn output(mut self, file: impl Into<PathBuf>) -> Self {
        self.output = Some(file.into());
        self
    }

    /// Asks the command to end when the user interrupts, and waits so long before it is killed.
    pub fn leave(mut self, time: Duration) -> Self {
        self.leave = Some(time);
        self
    }

    /// Runs a sandboxed command; fails unless it exits with 0.
    ///
    /// `on_line` is called for each new line of the log with the number of lines so far.
    pub fn run(&self, ui: &Ui, interrupt: &Interrupt, sandbox: Sandbox, bar: &Step) -> Result<()> {
        self.run_watched(ui, interrupt, sandbox, |new_lines, total| {
            bar.position(total);
            if let Some(line) = new_lines.last() {
                bar.message(line);
            }
        })
    }

    /// Like [`Self::run`], but tells `watch` of new lines and of how many there were in all, and
    /// calls it at least every [`POLL`].
    pub fn run_watched(
        &self,
        ui: &Ui,
        interrupt: &Interrupt,
        sandbox: Sandbox,
        watch: impl FnMut(&[String], u64),
    ) -> Result<()> {
        ui.command(&sandbox.display());
        let command = sandbox.command()?;
        let status = self.supervise(interrupt, command, watch)?;
        if status.success() {
            Ok(())
        } else {
            Err(self.failure(status))
        }
    }

    /// Runs any command and gives back how it ended.
    pub fn supervise(
        &self,
        interrupt: &Interrupt,
        command: Command,
        mut watch: impl FnMut(&[String], u64),
    ) -> Result<ExitStatus> {
        let mut tail = Tail::new(&self.log);
        let mut total = 0;
        let mut look = || {
            let (lines, _) = tail.new_lines().during(self.step)?;
            total += lines.len() as u64;
            watch(&lines, total);
            Ok(true)
        };
        let ended = self.supervise_until(interrupt, command, &mut look)?;
        look()?;
        ended.ok_or_else(|| Failure::interrupted(self.step))
    }

    /// Runs any command until it ends, and gives back how, or until `may_go_on` says no, and kills
    /// it.
    pub fn supervise_until(
        &self,
        interrupt: &Interrupt,
        mut command: Command,
        mut may_go_on: impl FnMut() -> Result<bool>,
    ) -> Result<Option<ExitStatus>> {
        let log = create(&self.log).during(self.step)?;
        let output = match &self.output {
            Some(file) => create(file),
            None => log.try_clone(),
        }
        .during(self.step)?;
        // A group of its own: Ctrl-C reaches this program alone, which then ends the group.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(output).stderr(log);
        let mut child = Running(command.spawn().during(self.step)?);
        loop {
            if let Some(status) = child.0.try_wait().during(self.step)? {
                return Ok(Some(status));
            }
            if interrupt.raised() {
                if let Some(time) = self.leave {
                    child.ask_to_end(time).during(self.step)?;
                }
                return Err(Failure::interrupted(self.step));
            }
            if !may_go_on()? {
                return Ok(None);
            }
            thread::sleep(POLL);
        }
    }

    /// What to tell the user when the command ended with `status`.
    pub fn failure(&self, status: ExitStatus) -> Failure {
        Failure::step(self.step, self.cause(status)).log(&self.log)
    }

    fn cause(&self, status: ExitStatus) -> String {
        let ended = match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            (None, None) => "ended for unknown reasons".to_owned(),
        };
        let text = fs::read(&self.log).unwrap_or_default();
        match telling_lines(&String::from_utf8_lossy(&text)) {
            lines if lines.is_empty() => ended,
            lines => format!("{lines} ({ended})"),
        }
    }
}

/// A process that is killed when nobody waits for it any more.
pub struct Running(pub Child);

impl Running {
    /// Sends SIGTERM and waits for the end, at most for `time`.
    fn ask_to_end(&mut self, time: Duration) -> std::io::Result<()> {
        let pid = i32::try_from(self.0.id()).map_err(std::io::Error::other)?;
        kill(Pid::from_raw(pid), Signal::SIGTERM)?;
        let start = Instant::now();
        while self.0.try_wait()?.is_none() && start.elapsed() < time {
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing to do if it has ended. The sandbox's first process dies with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create(path)
}

/// The lines of a log that most likely say why the command failed.
fn telling_lines(log: &str) -> String {
    let lines: Vec<_> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let errors: Vec<_> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_error(line))
        .take(QUOTED)
        .map(|(at, line)| match lines.get(at + 1) {
            // apt says what failed and, on the next line, why.
            Some(reason) if line.starts_with("Err:") => format!("{line}: {reason}"),
            _ => (*line).to_owned(),
        })
        .collect();
    if !errors.is_empty() {
        return errors.join("; ");
    }
    // What make says of itself comes after what matters.
    let before_make = lines.iter().take_while(|line| !line.contains(": *** "));
    let last = before_make.last().or_else(|| lines.last());
    last.map_or_else(String::new, |line| (*line).to_owned())
}

fn is_error(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let starts = ["e: ", "err:", "error["];
    let words = ["error:", "no space left"];
    starts.iter().any(|start| line.starts_with(start))
        || words.iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::thread;
    use std::time::Duration;

    use super::{Job, telling_lines};
    use crate::failure::Kind;
    use crate::interrupt::Interrupt;

    #[test]
    fn who_may_take_its_leave_is_asked_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let said = |job: Job<'_>| {
            let interrupt = Interrupt::default();
            let mut command = Command::new("/bin/sh");
            command.args([
                "-c",
                "trap 'echo bye; exit' TERM; echo here; while :; do sleep 0.1; done",
            ]);
            let failure = thread::scope(|scope| {
                scope.spawn(|| {
                    while fs::read_to_string(&log).unwrap_or_default().is_empty() {
                        thread::sleep(Duration::from_millis(10));
                    }
                    interrupt.raise();
                });
                job.supervise_until(&interrupt, command, || Ok(true))
                    .unwrap_err()
            });
            assert_eq!(failure.kind, Kind::Interrupted);
            let text = fs::read_to_string(&log).unwrap();
            fs::remove_file(&log).unwrap();
            text
        };
        let polite = Job::new("wait", &log).leave(Duration::from_secs(60));
        assert_eq!(said(polite), "here\nbye\n");
        assert_eq!(said(Job::new("wait", &log)), "here\n");
    }

    #[test]
    fn errors_come_before_the_last_line() {
        let log = "CC a.o\nrust/lock.rs:3: error: no such field\n\nmake: *** [a.o] Error 1\nmake: leaving\n";
        assert_eq!(telling_lines(log), "rust/lock.rs:3: error: no such field");
        let apt =
            "Err:1 http://m.example trixie InRelease\n  Could not connect\nW: old index used\n";
        assert_eq!(
            telling_lines(apt),
            "Err:1 http://m.example trixie InRelease: Could not connect"
        );
        assert_eq!(telling_lines("one\ntwo\n\n"), "two");
        assert_eq!(
            telling_lines("HOSTCC a\nno file b\nmake[1]: *** [b] 1\nmake: bye\n"),
            "no file b"
        );
        assert_eq!(telling_lines(""), "");
    }
}
