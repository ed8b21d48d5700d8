// SPDX-License-Identifier: GPL-2.0

//! The process that runs the steps of a measurement and leaves the machine as it was found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use guest_plan::frame::STATUS_INTERRUPTED;
use guest_plan::plan::Plan;

use crate::bench::here::STEP;
use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::lab::Lab;
use crate::tail::Tail;
use crate::transcript::Transcript;

/// The program, among those of guests.
pub const PROGRAM: &str = "run_here";

/// How long it may take to end a step and to undo what that had done: to unload three modules, each of which
/// waits for every task of the kernel.
const LEAVE: Duration = Duration::from_secs(300);

/// Where things are.
pub struct Runner<'a> {
    /// The folder of programs.
    pub programs: &'a Path,
    /// The folder of modules.
    pub modules: &'a Path,
    /// The folder for what comes of it.
    pub folder: &'a Path,
}

/// What its steps said.
#[derive(Debug)]
pub struct Ran {
    /// The steps, as of a guest.
    pub transcript: Transcript,
    /// What the kernel logged meanwhile.
    pub kernel_log: PathBuf,
    /// What steps said that is no figure, and how they ended.
    pub log: PathBuf,
}

impl Runner<'_> {
    /// Runs `plan`, whose files are called `name`, and tells `on_line` what the steps say.
    ///
    /// After an interruption, too, this returns when the machine is as it was found.
    pub fn run(
        &self,
        lab: &Lab,
        name: &str,
        plan: &Plan,
        mut on_line: impl FnMut(&str),
    ) -> Result<Ran> {
        let step = format!("{STEP} {name}");
        let file = |end: &str| self.folder.join(format!("{name}.{end}"));
        let (plan_file, output, kernel_log) = (file("plan.json"), file("output"), file("dmesg"));
        let text = serde_json::to_string(plan).during(&step)?;
        fs::write(&plan_file, text).during(&step)?;
        let mut command = Command::new(self.programs.join(PROGRAM));
        command
            .arg(&plan_file)
            .arg(&kernel_log)
            .env("PWLOCKS_MODULES", self.modules);
        lab.ui.command(&format!("{command:?}"));
        let log = file("log");
        let job = Job::new(&step, &log).output(&output).leave(LEAVE);
        // What an earlier run left is not this one's.
        fs::write(&output, "").during(&step)?;
        let mut tail = Tail::new(&output);
        let mut transcript = Transcript::default();
        let mut look = || {
            for line in tail.new_lines().during(&step)?.0 {
                on_line(&line);
                transcript.add(&line);
            }
            Ok(true)
        };
        let ended = job.supervise_until(&lab.interrupt, command, &mut look)?;
        look()?;
        match ended {
            Some(status) if status.code() == Some(STATUS_INTERRUPTED) => {
                Err(Failure::interrupted(step))
            }
            Some(status) if !status.success() => Err(job.failure(status).remedy(
                "see with lsmod and in the log whether all is as before; a reboot makes it so",
            )),
            _ => Ok(Ran {
                transcript,
                kernel_log,
                log,
            }),
        }
    }
}
