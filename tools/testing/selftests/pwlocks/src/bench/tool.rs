// SPDX-License-Identifier: GPL-2.0

//! Programs of others that measure until they are interrupted.

use crate::{
    bounded::within,
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    io::{self, Read as _},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long one may take to begin, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked whether one has begun.
const LOOK: Duration = Duration::from_millis(10);

/// A program that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Tool {
    child: Child,
    name: String,
}

impl Tool {
    /// Starts it. Skips if it is not there.
    pub fn start(command: &mut Command) -> Result<Self, Trouble> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();

        match child {
            Ok(child) => Ok(Self { child, name }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Trouble::skip(format!("there is no {name}")))
            }
            Err(error) => Err(format!("can't run {name}: {error}").into()),
        }
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// Waits until it measures, which `begun` can tell.
    pub fn wait_until(&mut self, begun: impl Fn() -> Result<bool, Trouble>) -> Verdict {
        let until = Instant::now() + PATIENCE;

        while !begun()? {
            if let Some(status) = self.child.try_wait()? {
                let said = self.said()?;
                return Err(format!("{}: {status}: {said}", self.name).into());
            }
            ensure!(
                Instant::now() < until,
                "{} has not begun in {PATIENCE:?}",
                self.name
            );
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Ends it as somebody at a terminal would; what it printed.
    pub fn interrupt(mut self) -> Result<String, Trouble> {
        let pid = self.pid();
        kill(pid, Signal::SIGINT).doing(&self.name)?;
        let ended = within(
            PATIENCE,
            || {
                // One that has ended meanwhile is not missed.
                let _ = kill(pid, Signal::SIGKILL);
            },
            || {
                let said = self.said()?;
                Ok((self.child.wait()?, said))
            },
        )?;
        let Some((status, said)) = ended else {
            return Err(format!("{} does not end", self.name).into());
        };

        ensure!(status.success(), "{}: {status}: {said}", self.name);
        Ok(said)
    }

    /// What it prints until it ends: few lines, which fit into a pipe.
    fn said(&mut self) -> Result<String, Trouble> {
        let mut said = String::new();

        if let Some(stdout) = &mut self.child.stdout {
            stdout.read_to_string(&mut said)?;
        }
        if let Some(stderr) = &mut self.child.stderr {
            stderr.read_to_string(&mut said)?;
        }
        Ok(said)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("can't end {}: {error}", self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tool;
    use crate::ktap::Trouble;
    use nix::sys::signal::Signal;
    use std::process::Command;

    fn shell(script: &str) -> Tool {
        Tool::start(Command::new("sh").args(["-c", script])).expect("a shell")
    }

    #[test]
    fn what_one_prints_at_its_end_comes_back() {
        let script = "trap 'echo 7; exit' INT; while :; do sleep 0.01; done";
        let mut tool = shell(script);
        let status = format!("/proc/{}/status", tool.pid());
        let traps = || -> Result<bool, Trouble> {
            let status = std::fs::read_to_string(&status)?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap_or_default().trim(), 16);
            Ok(caught.is_ok_and(|caught| caught & (1 << (Signal::SIGINT as u64 - 1)) != 0))
        };
        assert_eq!(tool.wait_until(traps), Ok(()));
        assert_eq!(tool.interrupt().as_deref(), Ok("7\n"));
    }

    #[test]
    fn one_that_ends_before_it_has_begun_is_told_with_what_it_said() {
        let mut tool = shell("echo no NUMA >&2; exit 3");
        let Err(Trouble::Fail(cause)) = tool.wait_until(|| Ok(false)) else {
            panic!("it has begun");
        };
        assert!(cause.contains("no NUMA") && cause.contains('3'), "{cause}");
    }

    #[test]
    fn one_that_is_not_there_is_skipped() {
        let started = Tool::start(&mut Command::new("/nonexistent/oslat"));
        assert!(matches!(started, Err(Trouble::Skip(_))));
    }
}
