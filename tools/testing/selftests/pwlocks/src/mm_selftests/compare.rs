// SPDX-License-Identifier: GPL-2.0

//! Comparing a program's results with those on the stock kernel.

use super::Outcome;
use guest_plan::ktap::{Point, Verdict};

/// What differs, a line each; nothing if every test came out the same, the way it did.
pub fn differences(stock: &Outcome, live: &Outcome) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, before: String, now: String| {
        if before != now {
            differences.push(format!("{what}: on the stock kernel {before}, now {now}"));
        }
    };

    let (before, now) = (&stock.report, &live.report);
    for at in 0..before.points.len().max(now.points.len()) {
        let (before, now) = (before.points.get(at), now.points.get(at));
        let name = before.or(now).map_or("", |point| &point.name);
        compare(&format!("test {}, {name}", at + 1), told(before), told(now));
    }
    compare(
        "the report",
        listed(&before.problems),
        listed(&now.problems),
    );
    compare("all", skipped(&before.skipped), skipped(&now.skipped));
    compare("the end", stock.end.to_string(), live.end.to_string());
    differences
}

/// A test's result, and its name where it may be another test.
fn told(point: Option<&Point>) -> String {
    let Some(point) = point else {
        return "not run".to_owned();
    };
    let verdict = match &point.verdict {
        Verdict::Pass => "passed".to_owned(),
        Verdict::Fail => "failed".to_owned(),
        Verdict::Skip(reason) => format!("skipped ({reason})"),
    };
    format!("{}: {verdict}", without_numbers(&point.name))
}

/// A name without its numbers: in some it is told what was measured.
fn without_numbers(name: &str) -> String {
    let mut text = String::new();

    for char in name.chars() {
        match char.is_ascii_digit() {
            true if text.ends_with('N') => {}
            true => text.push('N'),
            false => text.push(char),
        }
    }
    text
}

fn listed(problems: &[String]) -> String {
    if problems.is_empty() {
        return "good".to_owned();
    }
    problems.join("; ")
}

fn skipped(reason: &Option<String>) -> String {
    reason.as_ref().map_or("not skipped".to_owned(), |reason| {
        format!("skipped ({reason})")
    })
}

#[cfg(test)]
mod tests {
    use super::differences;
    use crate::mm_selftests::{End, Outcome};

    /// What mlock2-tests print, shortened.
    const GOOD: &str = "TAP version 13\n1..3\nok 1 test_mlock_lock: Locked\n\
                        ok 2 test_mlock_lock: Unlocked\n\
                        ok 3 # SKIP test_mlock_droppable: MAP_DROPPABLE not supported\n\
                        # Totals: pass:2 fail:0 xfail:0 xpass:0 skip:1 error:0\n";

    fn compare(before: (&str, i32), now: (&str, i32)) -> Vec<String> {
        let outcome = |(output, status)| Outcome::new(output, End::Status(status));

        differences(&outcome(before), &outcome(now))
    }

    #[test]
    fn the_same_is_no_difference_whatever_the_remarks_say() {
        assert!(compare((GOOD, 0), (GOOD, 0)).is_empty());
        let remark = GOOD.replace("1..3\n", "1..3\n# 0.123 s/loop\n");
        assert!(compare((GOOD, 0), (&remark, 0)).is_empty());
    }

    #[test]
    fn what_a_test_measured_is_none_and_another_test_is_one() {
        let name = |name: &str| format!("TAP version 13\n1..1\nok 1 {name}\n");
        let before = name("Extra pages 0 (0.0%), extra thread faults 0.");
        let now = name("Extra pages 13 (0.2%), extra thread faults 3.");
        assert!(compare((&before, 0), (&now, 0)).is_empty());
        assert_eq!(
            compare((&before, 0), (&name("Missing pages 0"), 0)).len(),
            1
        );
    }

    #[test]
    fn a_test_that_fails_now_is_one() {
        let bad = GOOD.replace("ok 2", "# still locked\nnot ok 2");
        assert_eq!(
            compare((GOOD, 0), (&bad, 1)),
            [
                "test 2, test_mlock_lock: Unlocked: on the stock kernel test_mlock_lock: Unlocked: passed, \
                 now test_mlock_lock: Unlocked: failed",
                "the end: on the stock kernel exit status 0, now exit status 1"
            ]
        );
    }

    #[test]
    fn so_is_one_that_passes_now_or_is_skipped() {
        let bad = GOOD.replace("ok 2", "not ok 2");
        assert_eq!(compare((&bad, 1), (GOOD, 0)).len(), 2);
        let skipped = GOOD.replace("ok 2 test", "ok 2 # SKIP test");
        assert_eq!(compare((GOOD, 0), (&skipped, 0)).len(), 1);
        let expected_to_fail = GOOD.replace("ok 2 test", "ok 2 # XFAIL test");
        assert_eq!(compare((GOOD, 0), (&expected_to_fail, 0)).len(), 1);
    }

    #[test]
    fn so_is_a_program_that_ends_early_or_otherwise() {
        let short = "TAP version 13\n1..3\nok 1 test_mlock_lock: Locked\n";
        assert_eq!(compare((GOOD, 0), (short, 0)).len(), 3);
        let whole = Outcome::new(GOOD, End::Status(0));
        for end in [End::Signal(11), End::Late(120), End::Status(1)] {
            let dead = Outcome::new(GOOD, end);
            assert_eq!(differences(&whole, &dead).len(), 1, "{end}");
        }
    }

    #[test]
    fn so_is_a_program_that_skips_everything() {
        let skipped = "TAP version 13\n1..0 # SKIP Prerequisites unsatisfied\n";
        assert!(!compare((GOOD, 0), (skipped, 4)).is_empty());
        assert!(compare((skipped, 4), (skipped, 4)).is_empty());
    }
}
