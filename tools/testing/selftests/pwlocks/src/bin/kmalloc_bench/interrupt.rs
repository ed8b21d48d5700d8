// SPDX-License-Identifier: GPL-2.0

//! A run that takes too long for whoever started it.
//!
//! The signal goes to a child that loads the module, which is this program with an argument.

use crate::load;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use selftests::{
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    module::{self, Module},
};
use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitCode, ExitStatus},
    thread,
    time::{Duration, Instant},
};

const ARGUMENT: &str = "--load";

/// For hours, in a memory of nothing.
const LONG: &str = "pattern=pair iterations=100000000000 rounds=1000";

/// How long the child may take to end: far more than it needs, far less than the run.
const PATIENCE: Duration = Duration::from_secs(30);

/// In the child, loads the module; `None` in the parent.
pub(crate) fn as_child() -> Option<ExitCode> {
    if env::args().nth(1).as_deref() != Some(ARGUMENT) {
        return None;
    }
    Some(match Module::load(load::NAME, LONG) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("insmod {LONG}: {error}");
            ExitCode::FAILURE
        }
    })
}

/// Starts a run, interrupts it, and looks whether it has ended and left nothing.
pub(crate) fn check() -> Verdict {
    let mut child = Command::new(env::current_exe()?).arg(ARGUMENT).spawn()?;
    let id = i32::try_from(child.id()).map_err(|_| "no process number")?;

    thread::sleep(Duration::from_millis(1000));
    let early = child.try_wait()?;
    ensure!(early.is_none(), "the run has ended by itself: {early:?}");
    kill(Pid::from_raw(id), Signal::SIGTERM).doing("kill")?;
    let status = wait(&mut child)?;
    ensure!(
        status.signal() == Some(Signal::SIGTERM as i32),
        "the child ended otherwise than by the signal: {status}"
    );
    ensure!(!module::is_loaded(load::NAME), "the module is loaded");
    // Nothing of the run is in the way of the next.
    load::run("iterations=1000 rounds=1")?;
    Ok(())
}

fn wait(child: &mut Child) -> Result<ExitStatus, Trouble> {
    let start = Instant::now();

    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    // Should even this not help, the guest is given up by whoever started it.
    child.kill()?;
    Err(format!("it runs on {PATIENCE:?} after the signal").into())
}
