// SPDX-License-Identifier: GPL-2.0

//! One run of a program.

use super::{Command, End, Outcome};
use crate::{doing::Doing as _, ktap::Trouble};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::Path,
    process::{self, Child, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where the output goes, and not into a pipe: a process that is left behind can't hold it open.
const OUTPUT: &str = "/tmp/mm-selftest.log";

/// Root's tests of a limit that root does not have run as this user.
const NOBODY: u32 = 65534;

const POLL: Duration = Duration::from_millis(20);

/// How often it is said that a program still runs.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

impl Command {
    /// Runs it in the folder of the programs.
    pub fn run(&self, folder: &Path) -> Result<Outcome, Trouble> {
        let program = folder.join(self.program());
        let output = File::create(OUTPUT).doing(format_args!("make {OUTPUT}"))?;
        let mut command = process::Command::new(&program);
        command
            .args(self.arguments())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // A group of its own, so that it is killed with its children.
            .process_group(0);
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        let mut child = command
            .spawn()
            .map_err(|error| not_started(&program, &error))?;
        let end = self.wait(&mut child)?;
        // What it left running would disturb the next one. It is no error if there is nothing.
        let _ = kill(&child);
        let text = fs::read(OUTPUT).doing(format_args!("read {OUTPUT}"))?;
        Ok(Outcome::new(&String::from_utf8_lossy(&text), end))
    }

    fn wait(&self, child: &mut Child) -> Result<End, Trouble> {
        let start = Instant::now();
        let mut said = start;

        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(end(status));
            }
            if start.elapsed().as_secs() >= self.limit_s {
                kill(child)?;
                child.wait()?;
                return Ok(End::Late(self.limit_s));
            }
            if said.elapsed() >= SIGN_OF_LIFE {
                said = Instant::now();
                println!("# {self}: runs for {:.0?}", start.elapsed());
            }
            thread::sleep(POLL);
        }
    }
}

fn not_started(program: &Path, error: &io::Error) -> Trouble {
    let name = program.display();
    Trouble::fail(match error.kind() {
        ErrorKind::NotFound => format!("there is no {name}: it was not built"),
        _ => format!("can't start {name}: {error}"),
    })
}

fn kill(child: &Child) -> nix::Result<()> {
    killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL)
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Status(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}
