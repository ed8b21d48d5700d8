// SPDX-License-Identifier: GPL-2.0

//! A process that wants more memory than its control group may have.

use super::{Group, Stressor};
use crate::{
    doing::Doing as _,
    ensure,
    ktap::Trouble,
    live::disk_path,
    memory::{Memory, PAGE},
};
use std::{env, ffi::OsStr, fs::File, os::unix::fs::FileExt as _, process::ExitCode};

/// What the group may have, in bytes.
const LIMIT: usize = 16 << 20;

/// Anonymous pages that the process writes to, again and again, and pages of the disk that it reads:
/// each alone nearly the limit, so that both kinds are reclaimed, and no more than swap holds.
const ANONYMOUS: usize = 3600;
const CACHED: usize = 3600;
const TURNS: usize = 3;

/// Runs the process.
pub(super) struct Reclaim {
    group: Group,
}

impl Reclaim {
    /// Makes the group. Skips where there are none.
    pub(super) fn new() -> Result<Self, Trouble> {
        Group::new("hog", LIMIT).map(|group| Self { group })
    }
}

impl Stressor for Reclaim {
    fn name(&self) -> &'static str {
        "pages used by a process at its group's limit"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let program = env::current_exe()?;
        let status = self.group.command(&program).arg(Hog::ARGUMENT).status()?;

        ensure!(status.success(), "the process in the group: {status}");
        Ok((TURNS * (ANONYMOUS + CACHED)) as u64)
    }
}

/// The process.
#[derive(Debug)]
pub struct Hog;

impl Hog {
    const ARGUMENT: &str = "hog";

    /// Is it, if this program's arguments say so; with which status to exit.
    pub fn play() -> Option<ExitCode> {
        let role = env::args_os().nth(1)?;

        (role == OsStr::new(Self::ARGUMENT)).then(|| match Self::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(trouble) => {
                eprintln!("{trouble:?}");
                ExitCode::FAILURE
            }
        })
    }

    /// Uses the memory.
    fn run() -> Result<(), Trouble> {
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
