// SPDX-License-Identifier: GPL-2.0

//! A control group that limits its processes' memory.

use crate::{doing::Doing as _, ensure, kernel_file, ktap::Trouble};
use nix::mount::{MsFlags, mount};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

const HIERARCHY: &str = "/sys/fs/cgroup";

/// Puts the shell that runs it, 0, among the processes that `$0` lists, and runs the rest.
const ENTER: &str = "echo 0 >\"$0\" && exec \"$@\"";

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

    /// What starts `program` in it, arguments to be added: a shell enters the group and becomes the
    /// program, which so is there from its first instruction on.
    ///
    /// Not the child itself, between fork and exec: the standard library reports from there by a Unix
    /// socket, which kernels need not have.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("/bin/sh");

        command
            .args(["-c", ENTER])
            .arg(self.folder.join("cgroup.procs"))
            .arg(program);
        command
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
    use super::{Group, killed};
    use std::{fs, path::Path};

    #[test]
    fn a_program_is_started_in_the_group_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("pwlocks-group-{}", std::process::id()));
        let group = Group { folder };
        let run = || {
            let mut command = group.command(Path::new("/bin/echo"));
            command.args(["two words", "$0"]).output().unwrap()
        };
        // There is no such group.
        let output = run();
        assert!(!output.status.success() && output.stdout.is_empty());

        fs::create_dir(&group.folder).unwrap();
        let output = run();
        let processes = group.folder.join("cgroup.procs");
        assert!(output.status.success());
        assert_eq!(output.stdout, b"two words $0\n");
        assert_eq!(fs::read(&processes).unwrap(), b"0\n");
        fs::remove_file(processes).unwrap();
    }

    #[test]
    fn only_the_processes_killed_count() {
        let events = "low 0\nhigh 0\nmax 71\noom 2\noom_kill 1\noom_group_kill 3\n";
        assert_eq!(killed(events), Some(1));
        assert_eq!(killed("max 71\n"), None);
    }
}
