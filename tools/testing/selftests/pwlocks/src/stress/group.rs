// SPDX-License-Identifier: GPL-2.0

//! A control group that limits its processes' memory.

use crate::{doing::Doing as _, ensure, kernel_file, ktap::Trouble};
use nix::mount::{MsFlags, mount};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{self, Command},
};

const HIERARCHY: &str = "/sys/fs/cgroup";

/// The group, which is there until this value is gone.
#[derive(Debug)]
pub(super) struct Group {
    folder: PathBuf,
}

impl Group {
    /// Makes a group for `what` whose processes may have `limit` bytes together: what is more is
    /// reclaimed from them. Skips where there are no groups.
    pub(super) fn new(what: &str, limit: usize) -> Result<Self, Trouble> {
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
        let folder = root.join(format!("pwlocks-{}-{what}", process::id()));
        fs::create_dir(&folder).doing(folder.display())?;
        let this = Self { folder };
        kernel_file::write(this.folder.join("memory.max"), &limit.to_string())?;
        Ok(this)
    }

    /// Has the process that `command` starts be in it from its first instruction on.
    pub(super) fn put_in(&self, command: &mut Command) -> Result<(), Trouble> {
        let path = self.folder.join("cgroup.procs");
        let processes = OpenOptions::new()
            .write(true)
            .open(&path)
            .doing(path.display())?;

        // SAFETY: Between fork and exec it makes one system call, on a file that is open, and
        // neither allocates nor takes a lock. 0 is the process that writes.
        unsafe { command.pre_exec(move || (&processes).write_all(b"0")) };
        Ok(())
    }

    /// Fails if the kernel has ever killed one of its processes for want of memory: then it has not
    /// done what it was to do.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let events = kernel_file::read(self.folder.join("memory.events"))?;

        ensure!(
            killed(&events) == Some(0),
            "the kernel ran out of memory for {}: {events}",
            self.folder.display()
        );
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.folder) {
            eprintln!("can't remove {}: {error}", self.folder.display());
        }
    }
}

/// The number of killed processes in `memory.events`.
fn killed(events: &str) -> Option<u64> {
    events
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))
        .and_then(|count| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::killed;

    #[test]
    fn only_the_processes_killed_count() {
        let events = "low 0\nhigh 0\nmax 71\noom 2\noom_kill 1\noom_group_kill 3\n";
        assert_eq!(killed(events), Some(1));
        assert_eq!(killed("max 71\n"), None);
    }
}
