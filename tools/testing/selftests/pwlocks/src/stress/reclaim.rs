// SPDX-License-Identifier: GPL-2.0

//! A process that wants more memory than its control group may have.

use super::Stressor;
use crate::{
    doing::Doing as _,
    ensure, kernel_file,
    ktap::Trouble,
    live::disk_path,
    memory::{Memory, PAGE},
};
use nix::mount::{MsFlags, mount};
use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{self, Command, ExitCode},
};

const HIERARCHY: &str = "/sys/fs/cgroup";

/// What the group may have, in bytes.
const LIMIT: usize = 16 << 20;

/// Anonymous pages that the process writes to, again and again, and pages of the disk that it reads:
/// each alone nearly the limit, so that both kinds are reclaimed, and no more than swap holds.
const ANONYMOUS: usize = 3600;
const CACHED: usize = 3600;
const TURNS: usize = 3;

/// Runs the process.
pub(super) struct Reclaim {
    group: PathBuf,
}

impl Reclaim {
    /// Makes the group. Skips where there are none.
    pub(super) fn new() -> Result<Self, Trouble> {
        let root = Path::new(HIERARCHY);

        if !root.join("cgroup.controllers").exists() {
            mount(
                Some("cgroup2"),
                root,
                Some("cgroup2"),
                MsFlags::empty(),
                None::<&str>,
            )
            .map_err(|error| Trouble::skip(format!("no cgroup2 on {HIERARCHY}: {error}")))?;
        }
        kernel_file::write(root.join("cgroup.subtree_control"), "+memory")?;
        let group = root.join(format!("pwlocks-{}", process::id()));
        fs::create_dir(&group).doing(group.display())?;
        let this = Self { group };
        kernel_file::write(this.group.join("memory.max"), &LIMIT.to_string())?;
        Ok(this)
    }
}

impl Stressor for Reclaim {
    fn name(&self) -> &'static str {
        "pages used by a process at its group's limit"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let status = Command::new(env::current_exe()?)
            .arg(Hog::ARGUMENT)
            .arg(&self.group)
            .status()?;

        ensure!(status.success(), "the process in the group: {status}");
        Ok((TURNS * (ANONYMOUS + CACHED)) as u64)
    }
}

impl Drop for Reclaim {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.group) {
            eprintln!("can't remove {}: {error}", self.group.display());
        }
    }
}

/// The process.
#[derive(Debug)]
pub struct Hog {
    group: PathBuf,
}

impl Hog {
    const ARGUMENT: &str = "hog";

    /// Is it, if this program's arguments say so; with which status to exit.
    pub fn play() -> Option<ExitCode> {
        let arguments: Vec<OsString> = env::args_os().skip(1).collect();
        let [role, group] = &arguments[..] else {
            return None;
        };

        (role == Self::ARGUMENT).then(|| {
            let hog = Self {
                group: group.into(),
            };
            match hog.run() {
                Ok(()) => ExitCode::SUCCESS,
                Err(trouble) => {
                    eprintln!("{trouble:?}");
                    ExitCode::FAILURE
                }
            }
        })
    }

    /// Uses the memory.
    fn run(&self) -> Result<(), Trouble> {
        kernel_file::write(self.group.join("cgroup.procs"), &process::id().to_string())?;
        let memory = Memory::anonymous(ANONYMOUS)?;
        let disk = File::open(disk_path(0)).doing("the disk")?;
        let mut page = [0; PAGE];

        for _ in 0..TURNS {
            memory.touch();
            for number in 0..CACHED {
                disk.read_exact_at(&mut page, (number * PAGE) as u64)?;
            }
        }
        Ok(())
    }
}
