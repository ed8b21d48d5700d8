// SPDX-License-Identifier: GPL-2.0

//! Reads KTAP version 1, the format in which kernel tests report.

/// What became of a test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It passed.
    Pass,
    /// It failed.
    Fail,
    /// It did not run, for this reason.
    Skip(String),
}

/// One test without subtests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Point {
    /// Its name, after the names of the tests it is part of.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Diagnostic lines that came before it.
    pub notes: Vec<String>,
}

/// A report.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// Its tests.
    pub points: Vec<Point>,
    /// What is wrong with the report itself: each is a failure.
    pub problems: Vec<String>,
    /// Why the program as a whole was skipped, if it was.
    pub skipped: Option<String>,
}

/// Reads a report. One that planned more than it ran, or nothing, has problems.
pub fn parse(lines: &[String]) -> Report {
    let lines: Vec<Line<'_>> = lines.iter().map(|line| Line::read(line)).collect();
    let mut cursor = 0;
    level(&lines, &mut cursor, 0)
}

enum Content<'a> {
    Plan(u64, Option<&'a str>),
    Result(ResultLine<'a>),
    BailOut(&'a str),
    Note(&'a str),
    Other,
}

struct ResultLine<'a> {
    number: Option<u64>,
    name: &'a str,
    verdict: Verdict,
}

struct Line<'a> {
    indent: usize,
    content: Content<'a>,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Self {
        let text = line.trim_start();
        Self {
            indent: line.len() - text.len(),
            content: content(text.trim_end()),
        }
    }

    fn is_structure(&self) -> bool {
        matches!(
            self.content,
            Content::Plan(..) | Content::Result(_) | Content::BailOut(_)
        )
    }
}

fn content(text: &str) -> Content<'_> {
    if let Some(plan) = text.strip_prefix("1..") {
        let (count, directive) = split_directive(plan);
        if let Ok(count) = count.trim().parse() {
            return Content::Plan(count, directive);
        }
    }
    for (start, verdict) in [("not ok", Verdict::Fail), ("ok", Verdict::Pass)] {
        match text.strip_prefix(start) {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
                return Content::Result(result_line(rest.trim_start(), verdict));
            }
            _ => {}
        }
    }
    if let Some(reason) = text.strip_prefix("Bail out!") {
        return Content::BailOut(reason.trim());
    }
    text.strip_prefix('#')
        .map_or(Content::Other, |note| Content::Note(note.trim()))
}

fn result_line(text: &str, verdict: Verdict) -> ResultLine<'_> {
    let (text, skipped) = split_directive(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, name) = text.split_at(digits);
    let verdict = match skipped {
        Some(reason) if verdict == Verdict::Pass => Verdict::Skip(reason.to_owned()),
        _ => verdict,
    };
    ResultLine {
        number: number.parse().ok(),
        name: name.trim().trim_start_matches("- ").trim(),
        verdict,
    }
}

/// Splits off `# SKIP reason`.
fn split_directive(text: &str) -> (&str, Option<&str>) {
    for word in ["# SKIP", "# skip"] {
        if let Some((before, reason)) = text.split_once(word) {
            return (before.trim_end(), Some(reason.trim()));
        }
    }
    (text, None)
}

/// Reads the lines that are indented at least as far as `indent`.
fn level(lines: &[Line<'_>], cursor: &mut usize, indent: usize) -> Report {
    let mut report = Report::default();
    let mut plan = None;
    let mut seen = 0;
    let mut subtests: Option<Report> = None;
    let mut notes = Vec::new();
    while let Some(line) = lines.get(*cursor) {
        if line.is_structure() && line.indent < indent {
            break;
        }
        if line.is_structure() && line.indent > indent {
            subtests = Some(level(lines, cursor, line.indent));
            continue;
        }
        *cursor += 1;
        match &line.content {
            Content::Plan(count, skipped) => {
                plan = Some(*count);
                report.skipped = skipped.filter(|_| *count == 0).map(str::to_owned);
            }
            Content::Result(result) => {
                seen += 1;
                if result.number.is_some_and(|number| number != seen) {
                    let name = result.name;
                    report
                        .problems
                        .push(format!("result {seen} has another number: {name}"));
                }
                add(
                    &mut report,
                    result,
                    subtests.take(),
                    std::mem::take(&mut notes),
                );
            }
            Content::BailOut(reason) => report.problems.push(format!("bailed out: {reason}")),
            Content::Note(note) => notes.push((*note).to_owned()),
            Content::Other => {}
        }
    }
    if let Some(orphans) = subtests {
        report.points.extend(orphans.points);
        report.problems.push("subtests without a result".to_owned());
    }
    match plan {
        None => report.problems.push("no plan".to_owned()),
        Some(plan) if plan != seen => {
            report
                .problems
                .push(format!("{plan} tests planned, {seen} reported"));
        }
        Some(0) if report.skipped.is_none() => report.problems.push("no test planned".to_owned()),
        Some(_) => {}
    }
    report
}

/// Adds a test, or the subtests it is made of.
fn add(report: &mut Report, result: &ResultLine<'_>, subtests: Option<Report>, notes: Vec<String>) {
    let name = result.name;
    let Some(subtests) = subtests else {
        report.points.push(Point {
            name: name.to_owned(),
            verdict: result.verdict.clone(),
            notes,
        });
        return;
    };
    let explained = subtests
        .points
        .iter()
        .any(|point| point.verdict == Verdict::Fail);
    report
        .points
        .extend(subtests.points.into_iter().map(|point| Point {
            name: format!("{name}: {}", point.name),
            ..point
        }));
    let problems = subtests.problems.into_iter();
    report
        .problems
        .extend(problems.map(|problem| format!("{name}: {problem}")));
    if result.verdict == Verdict::Fail && !explained {
        report
            .problems
            .push(format!("{name} failed, none of its subtests did"));
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Verdict, parse};

    fn report(text: &str) -> Report {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        parse(&lines)
    }

    fn names(report: &Report) -> Vec<&str> {
        report
            .points
            .iter()
            .map(|point| point.name.as_str())
            .collect()
    }

    #[test]
    fn passed_failed_and_skipped() {
        let report = report(
            "KTAP version 1\n1..3\nok 1 - exclusion\n# expected 0, found 3\nnot ok 2 irqsave\n\
             ok 3 trylock # SKIP needs PREEMPT_RT\n",
        );
        assert_eq!(report.problems, [""; 0]);
        assert_eq!(names(&report), ["exclusion", "irqsave", "trylock"]);
        assert_eq!(report.points[1].verdict, Verdict::Fail);
        assert_eq!(report.points[1].notes, ["expected 0, found 3"]);
        assert_eq!(
            report.points[2].verdict,
            Verdict::Skip("needs PREEMPT_RT".into())
        );
    }

    #[test]
    fn subtests_count_instead_of_their_parents() {
        let report = report(
            "KTAP version 1\n1..2\n  KTAP version 1\n  # Subtest: lock\n  1..2\n  ok 1 a\n  not ok 2 b\n\
             not ok 1 lock\nok 2 work\n",
        );
        assert_eq!(names(&report), ["lock: a", "lock: b", "work"]);
        assert_eq!(report.problems, [""; 0]);
    }

    #[test]
    fn what_was_planned_and_did_not_come_is_a_problem() {
        assert_eq!(
            report("KTAP version 1\n1..3\nok 1 a\n").problems,
            ["3 tests planned, 1 reported"]
        );
        assert_eq!(report("").problems, ["no plan"]);
        assert_eq!(
            report("KTAP version 1\n1..0\n").problems,
            ["no test planned"]
        );
        assert_eq!(
            report("1..1\nok 2 a\n").problems,
            ["result 1 has another number: a"]
        );
        assert_eq!(
            report("1..1\n  1..2\n  ok 1 a\nok 1 p\n").problems,
            ["p: 2 tests planned, 1 reported"]
        );
        assert_eq!(
            report("1..1\n  1..1\n  ok 1 a\nnot ok 1 p\n").problems,
            ["p failed, none of its subtests did"]
        );
        assert_eq!(
            report("1..1\nBail out! no module\nok 1 a\n").problems,
            ["bailed out: no module"]
        );
    }

    #[test]
    fn a_program_may_be_skipped_as_a_whole() {
        let report = report("KTAP version 1\n1..0 # SKIP no modules\n");
        assert_eq!(report.skipped.as_deref(), Some("no modules"));
        assert_eq!(report.problems, [""; 0]);
    }

    #[test]
    fn a_failed_test_cannot_be_talked_into_a_skip() {
        let report = report("1..1\nnot ok 1 a # SKIP well\n");
        assert_eq!(report.points[0].verdict, Verdict::Fail);
    }
}
