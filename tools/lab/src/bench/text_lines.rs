// SPDX-License-Identifier: GPL-2.0

//! Rows from what the counting programs of `make check` and kmalloc_bench print.

use serde_json::{Deserializer, Value};

use crate::bench::cost::Cost;
use crate::bench::row::Row;
use crate::bench::subject::Subject;

/// How their figures begin, and those of how many of these instructions are atomic.
const START: &str = "# count ";
const ATOMICS: &str = "# atomics ";

/// The rows among the output of `count` and `live_count`.
///
/// A figure that did not settle is no row.
pub fn find(lines: &[String]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for line in lines {
        let Some(text) = line.strip_prefix(START) else {
            continue;
        };
        let fields: Vec<_> = text.split_whitespace().collect();
        let [what, subject, figure] = fields[..] else {
            return Err(format!("no figure in {line:?}"));
        };
        if matches!(figure, "unsettled" | "unknown") {
            continue;
        }
        let figure: f64 = figure
            .parse()
            .map_err(|error| format!("{error} in {line:?}"))?;
        rows.push(Row::Cost(Cost {
            operation: what.to_owned(),
            subject: self::subject(subject)
                .ok_or_else(|| format!("what is measured in {line:?}?"))?,
            instructions: Some(figure),
            cycles: None,
            atomics: atomics(what, subject, lines),
        }));
    }
    Ok(rows)
}

/// How many are atomic, if that was counted.
fn atomics(what: &str, subject: &str, lines: &[String]) -> Option<f64> {
    let texts = lines.iter().filter_map(|line| line.strip_prefix(ATOMICS));
    let mut found = texts.filter_map(|text| {
        let rest = text.strip_prefix(what)?.strip_prefix(' ')?;
        rest.strip_prefix(subject)?.strip_prefix(' ')?.parse().ok()
    });
    found.next()
}

fn subject(name: &str) -> Option<Subject> {
    Some(match name {
        "stock" => Subject::stock(),
        "live0" => Subject::live(0),
        "live1" => Subject::live(1),
        "local" => Subject::new("pwlocks", Some(0)),
        "remote" => Subject::new("pwlocks", Some(1)),
        "c" => Subject::new("c", None),
        _ => return None,
    })
}

/// The rows of what kmalloc_bench.ko reported, one JSON object for each run of it.
pub fn kmalloc(lines: &[String]) -> Result<Vec<Row>, String> {
    let text = lines.join("\n");
    let mut rows = Vec::new();
    for report in Deserializer::from_str(&text).into_iter::<Value>() {
        let report = report.map_err(|error| format!("{error} in {text:?}"))?;
        let is_counted = match report["unit"].as_str() {
            Some("instructions") => true,
            Some("cycles") => false,
            _ => return Err(format!("kmalloc_bench counts {} here", report["unit"])),
        };
        let pattern = report["pattern"]
            .as_str()
            .ok_or_else(|| format!("no pattern in {report}"))?;
        let subject = match report["pwlocks"].as_u64() {
            Some(mode) => Subject::new("pwlocks", u32::try_from(mode).ok()),
            None => Subject::stock(),
        };
        for what in ["kmalloc", "kfree", "pair"] {
            // Only the pairs have the last one, and only what is not one has the others apart.
            if (what == "pair") != (pattern == "pair") {
                continue;
            }
            let median = report[what]["median"]
                .as_f64()
                .ok_or_else(|| format!("no figure for {what} in {report}"))?;
            let operation = match what {
                "pair" => "kmalloc_kfree_pair".to_owned(),
                what => format!("{what}_{pattern}"),
            };
            rows.push(Row::Cost(Cost {
                operation,
                subject: subject.clone(),
                instructions: is_counted.then_some(median),
                cycles: (!is_counted).then_some(median),
                atomics: None,
            }));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{find, kmalloc};
    use crate::bench::row::Row;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn shown(rows: &[Row]) -> Vec<String> {
        let shown = rows.iter().map(|row| {
            let figures = row.figures();
            format!("{} {}", row.labels().join(" "), figures[0].value)
        });
        shown.collect()
    }

    #[test]
    fn counted_figures_become_rows() {
        let text = "# counting mlock_munlock\n1..14\n# count mlock_munlock stock 2485.2\n\
                    # count mlock_munlock live1 2503.3\n# count PwLock local 19\n\
                    # count spin_lock c 24\n# count PwLock remote unsettled\nok 1 - all\n";
        assert_eq!(
            shown(&find(&lines(text)).unwrap()),
            [
                "mlock_munlock stock 2485.2",
                "mlock_munlock live 1 2503.3",
                "PwLock pwlocks 0 19",
                "spin_lock C 24"
            ]
        );
    }

    #[test]
    fn atomics_belong_to_their_figure() {
        let text = "# count spin_lock c 24\n# count PwLock remote 26\n# count PwLock local 19\n\
                    # atomics PwLock remote 1\n# atomics PwLock_irqsave local 7\n# atomics spin_lock c 2\n";
        let rows = find(&lines(text)).unwrap();
        let atomics = rows.iter().map(|row| match row {
            Row::Cost(cost) => cost.atomics,
            _ => None,
        });
        assert_eq!(atomics.collect::<Vec<_>>(), [Some(2.0), Some(1.0), None]);
    }

    #[test]
    fn what_is_no_figure_is_an_error() {
        for text in [
            "# count mlock stock\n",
            "# count mlock stock many\n",
            "# count mlock other 5\n",
        ] {
            assert!(find(&lines(text)).is_err(), "{text}");
        }
    }

    fn report(pattern: &str, pwlocks: &str, unit: &str) -> String {
        format!(
            "{{\"kernel\":\"k\",\"pwlocks\":{pwlocks},\"unit\":\"{unit}\",\"pattern\":\"{pattern}\",\n\
             \"kmalloc\":{{\"min\":1,\"median\":316.01,\"max\":3}},\"kfree\":{{\"min\":1,\"median\":200,\"max\":3}},\n\
             \"pair\":{{\"min\":1,\"median\":500,\"max\":3}}}}\n"
        )
    }

    #[test]
    fn kmalloc_bench_has_a_report_for_each_run() {
        let text = report("batch", "null", "instructions") + &report("pair", "1", "instructions");
        assert_eq!(
            shown(&kmalloc(&lines(&text)).unwrap()),
            [
                "kmalloc_batch stock 316.01",
                "kfree_batch stock 200",
                "kmalloc_kfree_pair pwlocks 1 500"
            ]
        );
    }

    #[test]
    fn cycles_are_not_taken_for_instructions() {
        let rows = kmalloc(&lines(&report("pair", "0", "cycles"))).unwrap();
        assert_eq!(shown(&rows), ["kmalloc_kfree_pair pwlocks 0 500"]);
        assert_eq!(rows[0].figures()[0].name, "cycles");
        let error = kmalloc(&lines(&report("batch", "0", "steps"))).unwrap_err();
        assert!(error.contains("steps"), "{error}");
        assert!(kmalloc(&lines("insmod: no")).is_err());
    }
}
