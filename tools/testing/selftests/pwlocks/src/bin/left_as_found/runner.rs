// SPDX-License-Identifier: GPL-2.0

//! `run_here`, at work on a plan.

use guest_plan::plan::{Plan, PlanStep};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use selftests::{
    as_found::AsFound,
    ensure,
    ktap::{Trouble, Verdict},
    triggers,
};
use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PROGRAM: &str = "run_here";

/// What is measured: with the isolated CPU, in all modes, with most of what can be set.
const MEASURES: &str = "bench_interference";

/// Where files are put, which is memory in a guest.
const FOLDER: &str = "/tmp/left_as_found";

/// How long it may take until something is seen. Loading and unloading wait for every task of the kernel.
const PATIENCE: Duration = Duration::from_secs(120);

const POLL: Duration = Duration::from_millis(50);

/// What it is to do.
pub(crate) struct Wanted {
    /// The mode of mm_swap_live; none for both, and the kernel without it.
    pub(crate) subject: Option<&'static str>,
    /// Requests of each kind.
    pub(crate) count: u64,
    /// Seconds that the step may take.
    pub(crate) timeout_s: u64,
}

/// The running process, and what it writes to.
pub(crate) struct Runner {
    child: Child,
    output: PathBuf,
}

/// What has become of it.
#[derive(Debug)]
pub(crate) struct Ended {
    status: Option<i32>,
    output: String,
}

impl Runner {
    /// Has it do that.
    pub(crate) fn start(wanted: &Wanted) -> Result<Self, Trouble> {
        let (mut command, output) = prepare(wanted)?;

        Ok(Self {
            child: command.spawn()?,
            output,
        })
    }

    /// The same, started by a shell, which is the process that this is about.
    pub(crate) fn start_by_another(wanted: &Wanted) -> Result<Self, Trouble> {
        let (command, output) = prepare(wanted)?;
        let words: Vec<_> = [command.get_program()]
            .into_iter()
            .chain(command.get_args())
            .map(|word| word.to_string_lossy())
            .collect();
        // The last command of a shell may be run in its place.
        let script = format!("{}; true", words.join(" "));

        Ok(Self {
            child: started(Command::new("/bin/sh").arg("-c").arg(script), &output)?.spawn()?,
            output,
        })
    }

    /// Returns when the step makes its requests, for which it has changed what it changes, so that nothing is
    /// as it was `found`. Killed before, it may be making its trace buffer, of which the kernel warns: see
    /// README, Limits.
    pub(crate) fn wait_for_change(&self, found: &AsFound) -> Verdict {
        wait_until("a CPU is watched", triggers::watches)?;
        ensure!(AsFound::note()? != *found, "nothing has changed");
        Ok(())
    }

    /// SIGTERM.
    pub(crate) fn interrupt(&self) -> Verdict {
        Ok(kill(self.pid(), Signal::SIGTERM)?)
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Verdict {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Result<Ended, Trouble> {
        let status = self.child.wait()?;

        Ok(Ended {
            status: status.code(),
            output: fs::read_to_string(&self.output)?,
        })
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }
}

impl Ended {
    /// Fails if it is another one.
    pub(crate) fn has_status(&self, status: i32) -> Verdict {
        ensure!(self.status == Some(status), "not {status}: {self:?}");
        Ok(())
    }

    /// Whether a line begins with `start`.
    pub(crate) fn has_line(&self, start: &str) -> bool {
        self.output.lines().any(|line| line.starts_with(start))
    }
}

/// Returns when `condition` holds; fails if that takes too long.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> Result<bool, Trouble>) -> Verdict {
    let start = Instant::now();

    while !condition()? {
        ensure!(
            start.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        thread::sleep(POLL);
    }
    Ok(())
}

/// The command, and where its output goes.
fn prepare(wanted: &Wanted) -> Result<(Command, PathBuf), Trouble> {
    let folder = Path::new(FOLDER);
    let (plan, output) = (folder.join("plan.json"), folder.join("output"));
    let this = env::current_exe()?;
    let programs = this.parent().unwrap_or(Path::new("/"));
    let count = wanted.count.to_string();
    let step = PlanStep {
        name: MEASURES.to_owned(),
        argv: vec![programs.join(MEASURES).display().to_string()],
        // Nothing of this guest's being one.
        env: [
            ("PWLOCKS_COUNT", Some(&*count)),
            ("PWLOCKS_THROWAWAY", Some("n")),
            ("PWLOCKS_PARAM", wanted.subject),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect(),
        timeout_s: wanted.timeout_s,
    };
    let all = Plan {
        steps: vec![step],
        interactive: false,
    };

    fs::create_dir_all(folder)?;
    fs::write(&plan, serde_json::to_string(&all)?)?;
    let mut command = Command::new(programs.join(PROGRAM));
    command.arg(plan).arg(folder.join("kernel.log"));
    started(&mut command, &output)?;
    Ok((command, output))
}

/// As it is started: its standard error goes to the log, with this program's.
fn started<'a>(command: &'a mut Command, output: &Path) -> Result<&'a mut Command, Trouble> {
    Ok(command.stdin(Stdio::null()).stdout(File::create(output)?))
}
