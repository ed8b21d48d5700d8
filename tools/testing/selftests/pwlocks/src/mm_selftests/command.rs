// SPDX-License-Identifier: GPL-2.0

//! Which programs run, and how: as `run_vmtests.sh` beside them calls them, but for those that would
//! take too long in an emulated machine.

use std::fmt;

/// A program and its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// As a shell would read it, without quotes.
    pub line: &'static str,
    /// Whether it is over soon enough to be run every time.
    pub quick: bool,
    /// Whether it is about a limit that root does not have.
    pub as_nobody: bool,
    /// Whether it needs something to swap to, and one CPU: pages that it has swapped out by
    /// `MADV_PAGEOUT`, which drains the CPU that it is called on, stay where they are if they are
    /// in the batch of another CPU, on the stock kernel as well.
    pub swaps: bool,
    /// How often it is run if it does not pass, where that is a matter of chance.
    pub tries: u32,
    /// Seconds after which it is killed; it takes a fraction of that in an emulated machine.
    pub limit_s: u64,
}

impl Command {
    const fn quick(line: &'static str) -> Self {
        Self {
            line,
            quick: true,
            as_nobody: false,
            swaps: false,
            tries: 1,
            limit_s: 60,
        }
    }

    const fn slow(line: &'static str, limit_s: u64) -> Self {
        Self {
            quick: false,
            limit_s,
            ..Self::quick(line)
        }
    }

    const fn swapping(self) -> Self {
        Self {
            swaps: true,
            ..self
        }
    }

    const fn as_nobody(self) -> Self {
        Self {
            as_nobody: true,
            ..self
        }
    }

    const fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// The program's file name.
    pub fn program(&self) -> &'static str {
        self.line.split(' ').next().unwrap_or_default()
    }

    /// Its arguments.
    pub fn arguments(&self) -> impl Iterator<Item = &'static str> {
        self.line.split(' ').skip(1)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.line)
    }
}

/// Enough for one that passes one time of six, as one of these does on the stock PREEMPT_RT kernel.
///
/// They wait until ksmd has scanned all pages so often, and count the scan that goes on when they
/// begin, which may have passed the page in question already: then it has not been seen, or not
/// twice, as it takes. On the stock kernel `-U` passed 96 times of 120, `-N -m 1` 46 times of 120;
/// with mm_swap_live on 60 and 30 times of 60.
const UNTIL_SCANNED: u32 = 60;

/// Those that run, in this order.
pub const COMMANDS: &[Command] = &[
    Command::quick("mlock2-tests"),
    Command::quick("mlock-random-test"),
    Command::quick("on-fault-limit").as_nobody(),
    Command::quick("madv_populate"),
    Command::quick("map_populate"),
    Command::quick("memfd_secret"),
    Command::quick("guard-regions"),
    Command::quick("droppable"),
    Command::quick("process_madv"),
    Command::quick("mrelease_test"),
    Command::quick("mkdirty"),
    Command::quick("mremap_dontunmap"),
    Command::quick("merge"),
    Command::quick("rmap"),
    Command::quick("ksm_tests -M -p 10"),
    Command::quick("ksm_tests -U").tries(UNTIL_SCANNED),
    Command::quick("ksm_tests -Z -p 10 -z 0"),
    Command::quick("ksm_tests -Z -p 10 -z 1"),
    Command::quick("ksm_tests -N -m 1").tries(UNTIL_SCANNED),
    Command::quick("ksm_tests -N -m 0"),
    // Their own limit is 120 s. On a busy machine they took 4 to 47 s on the stock kernel, and 5 to 127 s
    // with mm_swap_live on.
    Command::slow("ksm_tests -H -s 20 -l 280", 300),
    Command::slow("ksm_tests -P -s 20 -l 280", 300),
    Command::slow("ksm_functional_tests", 300),
    Command::slow("compaction_test", 200),
    Command::slow("transhuge-stress -d 10", 200),
    Command::slow("khugepaged", 400).swapping(),
    Command::slow("khugepaged all:shmem", 400).swapping(),
    Command::slow("migration", 300),
    Command::slow("cow", 200).swapping(),
    Command::slow("prctl_thp_disable", 100),
    Command::slow("soft-dirty", 200),
    Command::slow("pagemap_ioctl", 200),
    Command::slow("uffd-stress anon 10 4", 200),
    Command::slow("uffd-stress shmem 10 4", 200),
];

#[cfg(test)]
mod tests {
    use super::COMMANDS;
    use std::collections::BTreeSet;

    #[test]
    fn a_line_is_a_program_and_its_arguments() {
        let command = COMMANDS
            .iter()
            .find(|command| command.line.contains(" -M "));
        let command = command.unwrap();
        assert_eq!(command.program(), "ksm_tests");
        assert_eq!(command.arguments().collect::<Vec<_>>(), ["-M", "-p", "10"]);
    }

    #[test]
    fn none_is_there_twice() {
        let lines: BTreeSet<_> = COMMANDS.iter().map(|command| command.line).collect();
        assert_eq!(lines.len(), COMMANDS.len());
    }
}
