// SPDX-License-Identifier: GPL-2.0

//! Locks between runs: the second one waits, and says for whom and for what.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::failure::{During, Failure, Result};
use crate::interrupt::Interrupt;

const POLL: Duration = Duration::from_millis(200);

/// Whether others may hold the lock at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// All others wait.
    Exclusive,
    /// Only those wait who want it for themselves.
    Shared,
}

/// A lock on a file, held until it is dropped (or the process dies).
#[derive(Debug)]
pub struct FileLock {
    _file: Flock<File>,
}

impl FileLock {
    /// Takes the lock at `path` for `purpose`, which other runs are told while they wait.
    ///
    /// While another run has it, `on_wait` is called once with a sentence that names it.
    pub fn take(
        path: &Path,
        mode: Mode,
        purpose: &str,
        interrupt: &Interrupt,
        on_wait: impl FnOnce(&str),
    ) -> Result<Self> {
        let step = || format!("lock {}", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).during(step())?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .during(step())?;
        let mut on_wait = Some(on_wait);
        let request = match mode {
            Mode::Exclusive => FlockArg::LockExclusiveNonblock,
            Mode::Shared => FlockArg::LockSharedNonblock,
        };
        loop {
            match Flock::lock(file, request) {
                Ok(mut locked) => {
                    locked.set_len(0).during(step())?;
                    write!(*locked, "process {} ({purpose})", std::process::id()).during(step())?;
                    return Ok(Self { _file: locked });
                }
                Err((unlocked, Errno::EWOULDBLOCK)) => file = unlocked,
                Err((_, error)) => return Err(Failure::step(step(), error)),
            }
            let holder = fs::read_to_string(path).during(step())?;
            // Empty for the moment between the lock and the name: the next round says it.
            if let Some(on_wait) = on_wait.take_if(|_| !holder.is_empty()) {
                on_wait(&format!("waiting for {holder}"));
            }
            if interrupt.raised() {
                return Err(Failure::interrupted(step()));
            }
            thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::{FileLock, Mode};
    use crate::failure::Kind;
    use crate::interrupt::Interrupt;

    #[test]
    fn the_second_waits_says_for_what_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/root.lock");
        let interrupt = Interrupt::default();
        let first = FileLock::take(&path, Mode::Exclusive, "root: install", &interrupt, |_| {
            panic!("nobody else has it")
        })
        .unwrap();
        let (said, hears) = channel();
        let second = thread::spawn({
            let (path, interrupt) = (path.clone(), interrupt.clone());
            move || {
                FileLock::take(&path, Mode::Exclusive, "second", &interrupt, |line| {
                    said.send(line.to_owned()).unwrap()
                })
            }
        });
        let line = hears.recv().unwrap();
        assert_eq!(
            line,
            format!("waiting for process {} (root: install)", std::process::id())
        );
        assert!(!second.is_finished());
        drop(first);
        second.join().unwrap().unwrap();
    }

    #[test]
    fn an_interruption_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let interrupt = Interrupt::default();
        let _held = FileLock::take(&path, Mode::Exclusive, "first", &interrupt, |_| {}).unwrap();
        interrupt.raise();
        let failure =
            FileLock::take(&path, Mode::Exclusive, "second", &interrupt, |_| {}).unwrap_err();
        assert_eq!(failure.kind, Kind::Interrupted);
    }
}
