// SPDX-License-Identifier: GPL-2.0

//! Settings of the kernel that programs change.

use crate::{kernel_file, ktap::Trouble};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// Those of one file each.
const FILES: [&str; 3] = [
    "/proc/sys/kernel/sched_rt_runtime_us",
    "/proc/sys/vm/compact_unevictable_allowed",
    "/sys/kernel/mm/transparent_hugepage/enabled",
];

/// The folder with those of tracers of latency.
const TRACER: &str = "/sys/kernel/tracing/osnoise";

/// The folder, in debugfs, with one folder for each CPU, and what is set in each.
const FAIR_SERVER: &str = "sched/fair_server";
const RUNTIME: &str = "runtime";

/// Longer than any of them. They are read at once: some files give no more than one answer.
const LENGTH: usize = 4096;

/// Their values, by file. One that this kernel does not have is none of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings(BTreeMap<PathBuf, String>);

impl Settings {
    pub(super) fn note() -> Result<Self, Trouble> {
        let servers = entries(Path::new(&kernel_file::debugfs(FAIR_SERVER)));
        let servers = servers.into_iter().map(|cpu| cpu.join(RUNTIME));
        let mut values = BTreeMap::new();

        for path in FILES
            .iter()
            .map(PathBuf::from)
            .chain(entries(Path::new(TRACER)))
            .chain(servers)
            .filter(|path| path.is_file())
        {
            let value = read(&path).map_err(|error| {
                Trouble::fail(format!("can't read {}: {error}", path.display()))
            })?;
            values.insert(path, value);
        }
        Ok(Self(values))
    }

    /// Writes those that are not the same any more.
    pub(super) fn restore(&self) -> Vec<String> {
        let mut problems = Vec::new();

        for (path, before) in &self.0 {
            if let Err(error) = restore(path, before) {
                problems.push(format!("{} is not {before} again: {error}", path.display()));
            }
        }
        problems
    }
}

/// None where there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();

    entries.map(|entry| entry.path()).collect()
}

fn read(path: &Path) -> io::Result<String> {
    let mut buffer = [0; LENGTH];
    let length = File::open(path)?.read(&mut buffer)?;

    Ok(String::from_utf8_lossy(&buffer[..length]).trim().to_owned())
}

fn restore(path: &Path, before: &str) -> io::Result<()> {
    for value in to_write(&read(path)?, before) {
        fs::write(path, value)?;
    }
    Ok(())
}

/// What has to be written, each by itself, to a file that says `now` for it to say `before`.
fn to_write<'a>(now: &str, before: &'a str) -> Vec<&'a str> {
    if now == before {
        return Vec::new();
    }
    let words: Vec<_> = before.split_whitespace().collect();
    // `always [madvise] never`: one of these.
    let chosen = words
        .iter()
        .find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));

    match chosen {
        Some(chosen) => vec![chosen],
        // `OSNOISE_WORKLOAD NO_PANIC_ON_STOP`: each for itself.
        None if words.len() > 1 => {
            let differs = |word: &&str| !now.split_whitespace().any(|other| other == *word);
            words.into_iter().filter(differs).collect()
        }
        None => vec![before],
    }
}

#[cfg(test)]
mod tests {
    use super::to_write;

    #[test]
    fn what_is_the_same_is_not_written() {
        assert!(to_write("950000", "950000").is_empty());
        assert_eq!(to_write("-1", "950000"), ["950000"]);
        assert_eq!(to_write("3", "0-3"), ["0-3"]);
    }

    #[test]
    fn of_several_words_one_may_be_chosen() {
        assert_eq!(
            to_write("always madvise [never]", "always [madvise] never"),
            ["madvise"]
        );
    }

    #[test]
    fn of_several_words_each_may_be_a_setting() {
        let before = "NO_DEFAULTS OSNOISE_WORKLOAD NO_PANIC_ON_STOP";
        let now = "NO_DEFAULTS NO_OSNOISE_WORKLOAD NO_PANIC_ON_STOP";
        assert_eq!(to_write(now, before), ["OSNOISE_WORKLOAD"]);
    }
}
