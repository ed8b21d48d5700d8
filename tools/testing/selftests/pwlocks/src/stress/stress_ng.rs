// SPDX-License-Identifier: GPL-2.0

//! stress-ng, which many use to find out whether a kernel holds.

use super::{Group, Stressor};
use crate::{doing::Doing as _, ensure, ktap::Trouble};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Seconds of a run. Each ends with stress-ng's own verdict, and nothing else ends one.
const SECONDS: u32 = 20;

/// What stress-ng does in one process.
struct Kind {
    /// What it counts.
    name: &'static str,
    /// What its group is called.
    group: &'static str,
    /// Bytes that its processes may have together; what is more is reclaimed from them. Each run has
    /// 62 MiB for itself, most of it shared memory: a limit below that leaves the kernel with nothing
    /// to reclaim but what is in use, and it gives up.
    limit: usize,
    /// Its stressors, one process each, with room in memory and on the disk for all.
    stressors: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "operations of stress-ng's vm stressors",
        group: "vm",
        limit: 72 << 20,
        stressors: "--vm 1 --vm-bytes 16m --pageswap 1 --fault 1",
    },
    Kind {
        name: "operations of stress-ng's page-cache stressors",
        group: "page-cache",
        limit: 64 << 20,
        stressors: "--hdd 1 --hdd-bytes 4m --readahead 1 --readahead-bytes 2m --mincore 1",
    },
    Kind {
        name: "operations of stress-ng's mlock stressor",
        group: "mlock",
        // mlockall() makes all of that stay, and more.
        limit: 192 << 20,
        stressors: "--mlock 1",
    },
    Kind {
        name: "operations of stress-ng's fork stressor",
        group: "fork",
        limit: 72 << 20,
        stressors: "--fork 2 --fork-max 8",
    },
];

/// A kind of load, again and again.
pub(super) struct StressNg {
    kind: Kind,
    program: PathBuf,
    folder: PathBuf,
    group: Group,
}

impl StressNg {
    /// All kinds, by the program at `program`, with their files in `folder`.
    pub(super) fn all(program: &Path, folder: &Path) -> Result<Vec<Self>, Trouble> {
        KINDS
            .into_iter()
            .map(|kind| {
                Ok(Self {
                    group: Group::new(kind.group, kind.limit)?,
                    program: program.to_owned(),
                    folder: folder.to_owned(),
                    kind,
                })
            })
            .collect()
    }
}

impl Stressor for StressNg {
    fn name(&self) -> &'static str {
        self.kind.name
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let results = self.folder.join(format!("{}.yaml", self.kind.group));
        let mut command = self.group.command(&self.program);

        command
            // Verifying what it has written, and not starting again what the kernel has killed.
            .args(["--verify", "--oomable", "--timeout", &SECONDS.to_string()])
            .args(["--metrics", "--yaml"])
            .arg(&results)
            .arg("--temp-path")
            .arg(&self.folder)
            .args(self.kind.stressors.split(' '));
        let output = command.output().doing(self.program.display())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{}: {said}{complained}",
            output.status
        );
        self.group.check()?;

        let results = fs::read_to_string(&results).doing(results.display())?;
        operations(&results)
            .ok_or_else(|| Trouble::fail(format!("stress-ng counted nothing: {said}{results}")))
    }
}

/// What a run's stressors have done together; `None` if the results don't say.
fn operations(results: &str) -> Option<u64> {
    let counts: Vec<u64> = results
        .lines()
        .filter_map(|line| line.trim().strip_prefix("bogo-ops: "))
        .map(|count| count.parse().ok())
        .collect::<Option<_>>()?;

    (!counts.is_empty()).then(|| counts.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::operations;

    #[test]
    fn all_stressors_of_a_run_are_counted() {
        let vm = "metrics:\n    - stressor: vm\n      bogo-ops: 41\n      bogo-ops-per-second-real-time: 8.5\n";
        assert_eq!(operations(vm), Some(41));
        let fault = "    - stressor: fault\n      bogo-ops: 1\n";
        assert_eq!(operations(&format!("{vm}{fault}")), Some(42));
        assert_eq!(operations("metrics:\n"), None);
        assert_eq!(operations("      bogo-ops: many\n"), None);
    }
}
