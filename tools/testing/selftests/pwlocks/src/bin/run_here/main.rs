// SPDX-License-Identifier: GPL-2.0

//! Runs a plan on the machine that it is called on, and leaves that as it was found, whatever becomes of the
//! plan's steps: `run_here <plan> <kernel log>`, as root.
//!
//! The steps' output comes on standard output with the frames that a guest puts around it, and what the
//! kernel logs meanwhile goes into the file. SIGINT, SIGTERM, SIGHUP, and the death of who started this, end
//! the step that runs; a step that takes too long is ended too. What it had loaded and set by then is
//! undone.
//!
//! The exit status is 0 if all steps ran, whatever theirs are; 130 after a signal; 1 if something else went
//! wrong, such as that something can't be put back.

mod environment;
mod output;

use guest_plan::{
    frame::{Frame, STATUS_INTERRUPTED},
    plan::Plan,
    runner::{self, Channel as _},
};
use nix::sys::{prctl::set_pdeathsig, signal::Signal};
use output::Output;
use selftests::{
    as_found::AsFound,
    doing::Doing as _,
    kmsg::Mark,
    ktap::{Trouble, Verdict},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    env, fs,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

fn main() -> ExitCode {
    match run() {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(STATUS_INTERRUPTED as u8),
        Err(Trouble::Skip(why) | Trouble::Fail(why)) => {
            eprintln!("run_here: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether it was interrupted.
fn run() -> Result<bool, Trouble> {
    let arguments: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [plan, log] = &arguments[..] else {
        return Err("usage: run_here <plan> <kernel log>".into());
    };
    let plan: Plan = serde_json::from_slice(&fs::read(plan)?)?;
    let interrupt = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupt))?;
    }
    set_pdeathsig(Signal::SIGTERM).doing("prctl(PR_SET_PDEATHSIG)")?;
    let mut output = Output::new(interrupt);
    let mut mark = Mark::now()?;
    let result = run_steps(&plan, &mut output);
    let messages = mark.messages()?;

    fs::write(log, messages.join("\n") + "\n")?;
    result?;
    Ok(output.is_interrupted())
}

fn run_steps(plan: &Plan, output: &mut Output) -> Verdict {
    let base = environment::of_steps()?;
    let found = AsFound::note()?;

    for step in &plan.steps {
        if output.is_interrupted() {
            return Ok(());
        }
        let ran = runner::run_step(step, &base, output);
        let problems = found.restore();
        if !problems.is_empty() {
            return Err(problems.join("; ").into());
        }
        ran?;
    }
    if !output.is_interrupted() {
        output.frame(&Frame::Done)?;
    }
    Ok(())
}
