// SPDX-License-Identifier: GPL-2.0

//! .ci/run with stand-ins for make, whose commands take minutes of a clock that is one as well.

use std::fs;
use std::process::{Command, Output};

use stand_ins::StandIns;

mod stand_ins;

const CI_RUN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/run");

/// What it may call beside the stand-ins.
const TOOLS: [&str; 8] = ["cat", "dirname", "mktemp", "rm", "sed", "sh", "tail", "tee"];

/// Adds to the clock the minutes of the first of `$PLAN`'s lines `<words>|<minutes>|<output>|<status>` whose
/// words are in the command, has its output and its status.
const MAKE: &str = r#"echo "$*" >>"$CALLS"
while IFS='|' read -r words minutes output status; do
	case "$* " in
	*"$words "*)
		read -r now <"$CLOCK"
		echo "$((now + 60 * minutes))" >"$CLOCK"
		echo "$output"
		exit "$status"
		;;
	esac
done <"$PLAN"
exit 99"#;

/// Runs what it is given, and has taken too long if that has moved the clock beyond the limit.
const TIMEOUT: &str = r#"shift 2
limit=${1%m}
shift
read -r begin <"$CLOCK"
"$@"
status=$?
read -r end <"$CLOCK"
[ "$((end - begin))" -le "$((60 * limit))" ] || exit 124
exit "$status""#;

struct Run {
    output: Output,
    calls: Vec<String>,
}

impl Run {
    /// What becomes of `plan`; what it says nothing of takes no time and passes one test.
    fn of(plan: &[&str]) -> Self {
        let stand_ins = StandIns::new(&TOOLS);
        stand_ins.add("make", MAKE);
        stand_ins.add("timeout", TIMEOUT);
        stand_ins.add("date", "cat \"$CLOCK\"");
        fs::write(stand_ins.path("clock"), "1000000\n").unwrap();
        let plan = format!("{}\n|0|1 passed, 0 failed|0\n", plan.join("\n"));
        fs::write(stand_ins.path("plan"), plan).unwrap();
        let output = Command::new("/bin/sh")
            .arg(CI_RUN)
            .env_clear()
            .env("PATH", stand_ins.bin())
            .env("CALLS", stand_ins.path("calls"))
            .env("CLOCK", stand_ins.path("clock"))
            .env("PLAN", stand_ins.path("plan"))
            .output()
            .unwrap();
        let calls = stand_ins.noted("calls");
        Self { output, calls }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    fn errors(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The last line, and whether it ended well.
    fn end(&self) -> (String, bool) {
        let last = self.said().lines().last().unwrap_or_default().to_owned();
        (last, self.output.status.success())
    }
}

fn ended(sum: &str, well: bool) -> (String, bool) {
    (sum.to_owned(), well)
}

#[test]
fn everything_is_run_and_added_up() {
    let run = Run::of(&[
        "lint|10||0",
        "check-debug DEBUG=kasan GUESTS=few|20|100 passed, 0 failed|0",
        "check|30|1000 passed, 0 failed|0",
    ]);
    // The lints, then 1000, 100, and one by each of the other two.
    assert_eq!(run.end(), ended("1103 passed, 0 failed", true));
    assert_eq!(
        run.calls,
        [
            "lint",
            "check",
            "check-debug DEBUG=kasan GUESTS=few",
            "check-debug DEBUG=rt-kasan GUESTS=few",
            "check-debug DEBUG=kasan,rt-kasan GUESTS=others MINUTES=22",
        ]
    );
}

#[test]
fn what_there_is_no_time_for_is_left_out() {
    let run = Run::of(&["check|86|1000 passed, 0 failed|0"]);
    assert_eq!(run.end(), ended("1001 passed, 0 failed", true));
    assert_eq!(run.calls, ["lint", "check"]);
    let errors = run.errors();
    for left_out in ["DEBUG=kasan", "DEBUG=rt-kasan", "GUESTS=others"] {
        assert!(errors.contains(left_out), "{errors}");
    }
}

#[test]
fn what_was_counted_before_the_time_was_up_counts() {
    let run = Run::of(&[
        "DEBUG=rt-kasan|60|9 passed, 0 failed|0",
        "DEBUG=kasan|50|100 passed, 0 failed|0",
    ]);
    assert_eq!(run.end(), ended("102 passed, 0 failed", true));
    let errors = run.errors();
    assert!(
        errors.contains("rt-kasan GUESTS=few has not come to its end in time"),
        "{errors}"
    );
}

#[test]
fn guests_are_not_begun_when_there_is_no_time_for_one() {
    let run = Run::of(&["DEBUG=rt-kasan|70|9 passed, 0 failed|0"]);
    assert_eq!(run.end(), ended("12 passed, 0 failed", true));
    let last = "check-debug DEBUG=rt-kasan GUESTS=few";
    assert_eq!(run.calls.last().unwrap(), last);
    assert!(run.errors().contains("no time for a guest"));
}

#[test]
fn a_failed_test_fails_it_whatever_comes_after() {
    let run = Run::of(&["DEBUG=kasan GUESTS=few|1|7 passed, 2 failed|1"]);
    assert_eq!(run.end(), ended("11 passed, 2 failed", false));
    let run = Run::of(&["lint|1||1"]);
    assert_eq!(run.end(), ended("4 passed, 1 failed", false));
}

#[test]
fn what_ends_without_a_sum_has_failed() {
    let run = Run::of(&["check-debug|1|half a li|3"]);
    assert_eq!(run.end(), ended("2 passed, 3 failed", false));
    assert!(run.errors().contains("GUESTS=others MINUTES=80 failed"));
}
