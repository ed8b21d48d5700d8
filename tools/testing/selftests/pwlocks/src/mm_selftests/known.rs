// SPDX-License-Identifier: GPL-2.0

//! What does not pass on the stock kernel either, and why.

use super::{Command, End, Outcome};
use guest_plan::ktap::Verdict;

/// A result on the stock kernel that is none to worry about.
#[derive(Debug)]
struct Known {
    /// The program.
    program: &'static str,
    /// Words of the test's name, of the reason for which it was skipped, or of what is wrong with
    /// the report.
    words: &'static str,
    /// Why it is so.
    reason: &'static str,
}

const fn known(program: &'static str, words: &'static str, reason: &'static str) -> Known {
    Known {
        program,
        words,
        reason,
    }
}

const OTHER_MEMORY: &str =
    "each test is run with all kinds of memory, also where it has no meaning";

const NO_GUP_TEST: &str = "Debian's kernels are built without CONFIG_GUP_TEST";

const PRINTED_TWICE: &str =
    "it forks with lines in its buffer, which are printed by the child as well";

const NOT_AVAILABLE: &str = "Transparent Hugepages not available";

const NO_THP: &str = "this kernel has no transparent huge pages";

const KNOWN: &[Known] = &[
    known("cow", "GUP", NO_GUP_TEST),
    known("guard-regions", "specific to", OTHER_MEMORY),
    known("guard-regions", "only supported on anon", OTHER_MEMORY),
    known("guard-regions", "only works on anon", OTHER_MEMORY),
    known(
        "guard-regions",
        "meaningful only for file-backed",
        OTHER_MEMORY,
    ),
    known("memfd_secret", "has another number", PRINTED_TWICE),
    known("memfd_secret", "tests planned", PRINTED_TWICE),
];

/// Where the kernel has no transparent huge pages, as PREEMPT_RT kernels.
const WITHOUT_THP: &[Known] = &[
    known("guard-regions", NOT_AVAILABLE, NO_THP),
    known("khugepaged", NOT_AVAILABLE, NO_THP),
    known(
        "ksm_tests",
        "skipped: KSM merge time with huge pages",
        NO_THP,
    ),
    known("migration", NOT_AVAILABLE, NO_THP),
    known("pagemap_ioctl", "Huge page testing", NO_THP),
    known("pagemap_ioctl", "hpage_unit_tests", NO_THP),
    known("pagemap_ioctl", "use_zero_page", NO_THP),
    known("prctl_thp_disable", NOT_AVAILABLE, NO_THP),
    known("process_madv", "valid huge page size", NO_THP),
    known("soft-dirty", "test_hugepage", NO_THP),
    known("transhuge-stress", NOT_AVAILABLE, NO_THP),
];

/// A program's results on the stock kernel.
#[derive(Debug, Default)]
pub struct Judged {
    /// Tests that passed.
    pub passed: usize,
    /// Those that did not, as is known.
    pub known: Vec<String>,
    /// What should not be.
    pub unknown: Vec<String>,
}

/// Judges what came of `command` on the stock kernel, which has transparent huge pages, or not.
pub fn judge(command: &Command, outcome: &Outcome, thp: bool) -> Judged {
    let mut judged = Judged::default();

    for point in &outcome.report.points {
        if point.verdict == Verdict::Pass {
            judged.passed += 1;
        }
    }
    for what in not_passed(outcome) {
        match reason(command, &what, thp) {
            Some(reason) => judged.known.push(format!("{what}: {reason}")),
            None => judged.unknown.push(what),
        }
    }
    judged
}

/// What is not as in a report of tests that all pass.
fn not_passed(outcome: &Outcome) -> Vec<String> {
    let report = &outcome.report;
    let mut all = Vec::new();
    let mut failed = false;

    for point in &report.points {
        match &point.verdict {
            Verdict::Pass => {}
            Verdict::Skip(reason) => all.push(format!("{} skipped: {reason}", point.name)),
            Verdict::Fail => {
                failed = true;
                all.push(format!("{} failed: {}", point.name, point.notes.join("; ")));
            }
        }
    }
    all.extend(report.problems.iter().cloned());
    if let Some(reason) = &report.skipped {
        all.push(format!("all skipped: {reason}"));
        return all;
    }
    match outcome.end {
        End::Status(0) => {}
        // That a test failed says so already.
        End::Status(1) if failed => {}
        end => all.push(end.to_string()),
    }
    all
}

fn reason(command: &Command, what: &str, thp: bool) -> Option<&'static str> {
    let without_thp = if thp { &[] } else { WITHOUT_THP };
    let known = KNOWN
        .iter()
        .chain(without_thp)
        .find(|known| known.program == command.program() && what.contains(known.words))?;
    Some(known.reason)
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::mm_selftests::{COMMANDS, Command, End, Outcome};

    fn judged(line: &str, output: &str, status: i32) -> (usize, usize, usize) {
        judged_where(true, line, output, status)
    }

    fn judged_where(thp: bool, line: &str, output: &str, status: i32) -> (usize, usize, usize) {
        let command: &Command = COMMANDS
            .iter()
            .find(|command| command.line == line)
            .unwrap();
        let judged = judge(command, &Outcome::new(output, End::Status(status)), thp);
        (judged.passed, judged.known.len(), judged.unknown.len())
    }

    const ONE_SKIPPED: &str = "TAP version 13\n1..2\nok 1 guard_regions.anon.basic\n\
        ok 2 guard_regions.anon.map_private # SKIP MAP_PRIVATE test specific to file-backed\n";

    #[test]
    fn what_is_known_is_known_of_its_program_only() {
        assert_eq!(judged("guard-regions", ONE_SKIPPED, 0), (1, 1, 0));
        assert_eq!(judged("madv_populate", ONE_SKIPPED, 0), (1, 0, 1));
    }

    #[test]
    fn only_a_kernel_without_huge_pages_need_not_have_them() {
        let none = "TAP version 13\n1..0 # SKIP Transparent Hugepages not available\n";
        assert_eq!(judged_where(false, "khugepaged", none, 4), (0, 1, 0));
        assert_eq!(judged_where(true, "khugepaged", none, 4), (0, 0, 1));
    }

    #[test]
    fn what_is_not_known_should_not_be() {
        let failed = "TAP version 13\n1..1\nnot ok 1 test_mlock_lock: Locked\n";
        assert_eq!(judged("mlock2-tests", failed, 1), (0, 0, 1));
        assert_eq!(judged("mlock2-tests", "", 0), (0, 0, 1));
        let passed = failed.replace("not ok", "ok");
        assert_eq!(judged("mlock2-tests", &passed, 0), (1, 0, 0));
        assert_eq!(judged("mlock2-tests", &passed, 1), (1, 0, 1));
        let none = "TAP version 13\n1..0 # SKIP Prerequisites unsatisfied\n";
        assert_eq!(judged("compaction_test", none, 4), (0, 0, 1));
    }
}
