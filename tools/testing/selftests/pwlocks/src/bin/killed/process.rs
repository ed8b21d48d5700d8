// SPDX-License-Identifier: GPL-2.0

//! One process, from its start to its end.

use crate::role::Role;
use nix::sys::{eventfd::EventFd, signal::Signal};
use selftests::{
    ensure,
    ktap::{Trouble, Verdict},
};
use std::{
    env, fs,
    os::{fd::AsFd as _, unix::process::ExitStatusExt as _},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a killed process may take to end. Switching with mm_swap_live loaded, which can't be
/// killed, takes seconds where all CPUs are busy, several times that on a kernel with KASAN, and
/// others may have to be waited for before.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked whether one has ended.
const MOMENT: Duration = Duration::from_millis(5);

/// A process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    role: Role,
    child: Child,
    killed: Option<Instant>,
}

impl Process {
    /// Starts it. `counter` is what it adds to for each thing it does.
    pub(crate) fn start(role: Role, seed: u64, counter: Option<&EventFd>) -> Result<Self, Trouble> {
        let stdin = match counter {
            Some(counter) => Stdio::from(counter.as_fd().try_clone_to_owned()?),
            None => Stdio::null(),
        };
        let child = Command::new(env::current_exe()?)
            .args([role.name(), &seed.to_string()])
            .stdin(stdin)
            .spawn()?;

        Ok(Self {
            role,
            child,
            killed: None,
        })
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Verdict {
        // One that has ended and was not waited for can be killed, too.
        self.child.kill()?;
        self.killed.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Whether it was killed.
    pub(crate) fn is_killed(&self) -> bool {
        self.killed.is_some()
    }

    /// Whether it has ended. Fails if nobody killed it, or if it takes too long to end.
    pub(crate) fn has_ended(&mut self) -> Result<bool, Trouble> {
        match (self.child.try_wait()?, self.killed) {
            (Some(status), _) => {
                ensure!(
                    status.signal() == Some(Signal::SIGKILL as i32),
                    "{} ended by itself: {status}",
                    self.role.name()
                );
                Ok(true)
            }
            (None, Some(killed)) if killed.elapsed() > PATIENCE => Err(self.stuck()),
            (None, _) => Ok(false),
        }
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> Verdict {
        while !self.has_ended()? {
            thread::sleep(MOMENT);
        }
        Ok(())
    }

    /// Waits for one that ends by itself, and has done what it was to do.
    pub(crate) fn must_succeed(mut self, until: Instant) -> Verdict {
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(
                    ExitStatus::success(&status),
                    "{}: {status}, see the log",
                    self.role.name()
                );
                return Ok(());
            }
            if Instant::now() > until {
                return Err(self.stuck());
            }
            thread::sleep(MOMENT);
        }
    }

    /// What there is to say about it.
    fn stuck(&self) -> Trouble {
        let file = |name| {
            let path = format!("/proc/{}/{name}", self.child.id());
            fs::read_to_string(path).unwrap_or_else(|error| error.to_string())
        };

        Trouble::fail(format!(
            "{} is stuck for {PATIENCE:?}: {}{}",
            self.role.name(),
            file("stack"),
            file("status")
        ))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that can't end must not keep this program from saying so: it is not waited for.
        let _ = self.child.kill();
        let _ = self.child.try_wait();
    }
}

#[cfg(test)]
mod tests {
    use super::Process;
    use crate::role::Role;
    use std::process::Command;

    fn process(command: &mut Command) -> Process {
        Process {
            role: Role::Setter,
            child: command.spawn().unwrap(),
            killed: None,
        }
    }

    #[test]
    fn only_one_that_was_killed_may_end() {
        let mut sleeper = process(Command::new("sleep").arg("100"));
        assert_eq!(sleeper.has_ended(), Ok(false));
        sleeper.kill().unwrap();
        assert_eq!(sleeper.wait(), Ok(()));

        let mut early = process(&mut Command::new("true"));
        assert!(early.wait().is_err());
    }

    #[test]
    fn one_that_takes_too_long_is_stuck() {
        let sleeper = process(Command::new("sleep").arg("100"));
        assert!(sleeper.must_succeed(std::time::Instant::now()).is_err());
    }
}
