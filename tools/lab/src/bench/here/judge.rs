// SPDX-License-Identifier: GPL-2.0

//! What came of a measurement, and why that is not all.

use crate::bench::clock::Clock;
use crate::bench::here::plan::Measurement;
use crate::bench::here::runner::Ran;
use crate::bench::row::Row;
use crate::bench::task;
use crate::splat::Splat;

/// How programs say what they leave alone on a machine like this.
const LEFT_OUT: &str = "# left out: ";

/// What insmod's errors have in them where the kernel does not take our modules, and cause and remedy.
const REFUSED: [&str; 3] = [
    "Operation not permitted",
    "Key was rejected",
    "Required key not available",
];
const WHY: &str = "the kernel takes signed modules only, as with Secure Boot, and ours are not";

/// What came of it.
#[derive(Debug)]
pub struct Judged {
    /// The figures, also those of a program that failed after.
    pub rows: Vec<Row>,
    /// What was left alone.
    pub left_out: Vec<String>,
    /// Why that is not all, if so.
    pub trouble: Option<String>,
}

/// Judges what `ran` for `measurement`, and what the kernel complained of meanwhile: where it did, no figure
/// counts.
pub fn judge(measurement: &Measurement, ran: &Ran, splats: &[Splat]) -> Judged {
    let none = |trouble| Judged {
        rows: Vec::new(),
        left_out: Vec::new(),
        trouble: Some(trouble),
    };
    if let Some(splat) = splats.first() {
        let log = ran.kernel_log.display();
        return none(format!("kernel log: {}; {log}:{}", splat.text, splat.line));
    }
    let steps = &ran.transcript.steps;
    let rows = match task::rows(steps).and_then(|rows| Clock::Here.admit(rows)) {
        Ok(rows) => rows,
        Err(cause) => return none(explained(cause)),
    };
    let planned = measurement.plan.steps.iter();
    let planned: Vec<_> = planned.map(|step| step.name.as_str()).collect();
    let trouble = match task::all_well(steps, &planned) {
        Err(cause) => Some(format!("{}; log: {}", explained(cause), ran.log.display())),
        Ok(()) if rows.is_empty() => Some("printed no figure".to_owned()),
        Ok(()) => None,
    };
    let lines = steps.iter().flat_map(|step| &step.lines);
    let left_out = lines
        .filter_map(|line| line.strip_prefix(LEFT_OUT))
        .map(|what| format!("{}: {what}", measurement.name));
    Judged {
        left_out: left_out.collect(),
        rows,
        trouble,
    }
}

/// `trouble`, with what it means if it is insmod's.
fn explained(trouble: String) -> String {
    if REFUSED.iter().any(|refused| trouble.contains(refused)) {
        format!("{trouble} ({WHY})")
    } else {
        trouble
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Judged, judge};
    use crate::bench::here::machine::tests::machine;
    use crate::bench::here::plan::{Measurement, Planned};
    use crate::bench::here::runner::Ran;
    use crate::splat::Splat;
    use crate::transcript::Transcript;

    fn measurement() -> Measurement {
        let planned = Planned::of(&machine(), Path::new("/programs"));
        let mut all = planned.measurements.into_iter();
        all.find(|one| one.name == "interference").unwrap()
    }

    fn judged(text: &str, splats: &[Splat]) -> Judged {
        let mut transcript = Transcript::default();
        for line in text.lines() {
            transcript.add(line);
        }
        let ran = Ran {
            transcript,
            kernel_log: "kernel.log".into(),
            log: "steps.log".into(),
        };
        judge(&measurement(), &ran, splats)
    }

    const ROW: &str = "{\"bench\":\"interference\",\"trigger\":\"fadvise\",\"subject\":\"stock\",\"pwlocks\":null,\
         \"drains\":1,\"works_by_function\":{},\"involuntary_switches\":0,\"interrupts\":{}}";

    fn output(rest: &str, status: u32) -> String {
        format!("@begin bench_interference\n{rest}@end bench_interference {status}\n@done\n")
    }

    #[test]
    fn figures_and_what_was_left_alone() {
        let text = format!("# left out: offline: not ours\n{ROW}\n");
        let judged = judged(&output(&text, 0), &[]);
        assert_eq!((judged.rows.len(), judged.trouble), (1, None));
        assert_eq!(judged.left_out, ["interference: offline: not ours"]);
    }

    #[test]
    fn what_was_measured_before_a_failure_counts() {
        let text = format!(
            "{ROW}\n# not measured: live, pwlocks=0: insmod x: Key was rejected by service\n"
        );
        let judged = judged(&output(&text, 1), &[]);
        assert_eq!(judged.rows.len(), 1);
        let trouble = judged.trouble.unwrap();
        assert!(
            trouble.contains("not measured: live")
                && trouble.contains("Secure Boot")
                && trouble.ends_with("log: steps.log"),
            "{trouble}"
        );
    }

    #[test]
    fn no_figure_counts_that_the_kernel_complained_of_or_that_is_counted() {
        let splat = Splat {
            line: 7,
            text: "BUG: x".into(),
        };
        let complained = judged(&output(&format!("{ROW}\n"), 0), &[splat]);
        assert!(complained.rows.is_empty());
        assert_eq!(
            complained.trouble.unwrap(),
            "kernel log: BUG: x; kernel.log:7"
        );
        let counted = "{\"bench\":\"scale\",\"cpus\":2,\"fill\":\"full\",\"subject\":\"stock\",\"pwlocks\":null,\
                       \"drains\":5,\"works\":5,\"work\":9.5,\"times_ns\":[]}\n";
        let counted = judged(&output(counted, 0), &[]);
        assert!(counted.rows.is_empty());
        assert!(counted.trouble.unwrap().contains("instructions"));
    }

    #[test]
    fn nothing_at_all_is_no_success() {
        assert_eq!(
            judged(&output("", 0), &[]).trouble.unwrap(),
            "printed no figure"
        );
        assert!(judged("", &[]).trouble.is_some());
    }
}
