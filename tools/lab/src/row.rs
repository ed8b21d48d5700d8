// SPDX-License-Identifier: GPL-2.0

//! A row of build/run.json and what it must say.

use serde::{Deserialize, Serialize};

use crate::kernel_choice::Release;

/// Drains in a demonstration.
const DRAINS: u64 = 20;

/// What a demonstration measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `demo`.
    pub subject: String,
    /// The kernel's release.
    pub kernel: String,
    /// `amd64` or `rt-amd64`.
    pub flavour: String,
    /// The mode: 0 or 1.
    pub pwlocks: u32,
    /// How often all CPUs were drained.
    pub drains: u64,
    /// Work items that ran on the isolated CPU for it.
    pub works_run_on_isolated_cpu: u64,
    /// How often the task on the isolated CPU was switched out against its will.
    pub involuntary_switches: u64,
    /// How long a drain took, in microseconds.
    pub drain_us: DrainTimes,
    /// The longest time that the task on the isolated CPU stood still, in microseconds.
    pub longest_gap_us: serde_json::Number,
    /// Where the folios are afterwards.
    pub folios: Folios,
}

/// Percentiles in microseconds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DrainTimes {
    /// Half of them took at most this.
    pub p50: serde_json::Number,
    /// 99 of 100 took at most this.
    pub p99: serde_json::Number,
    /// All took at most this.
    pub max: serde_json::Number,
}

/// Counts of folios.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Folios {
    /// That the task put into its batches.
    #[serde(rename = "in")]
    pub entered: u64,
    /// That are on a list.
    pub on_lru: u64,
    /// That are still in a batch.
    pub in_batch: u64,
    /// That are nowhere.
    pub lost: i64,
}

impl Row {
    /// The row among a program's output: its one line in braces.
    pub fn find(lines: &[String]) -> Result<Self, String> {
        let mut rows = lines.iter().filter(|line| line.starts_with('{'));
        match (rows.next(), rows.next()) {
            (Some(row), None) => {
                serde_json::from_str(row).map_err(|error| format!("{error} in {row}"))
            }
            (None, _) => Err("printed no row".into()),
            (Some(_), Some(_)) => Err("printed more than one row".into()),
        }
    }

    /// What in this row is wrong or contradicts the project's claim, if it was measured on
    /// `release` with `pwlocks=mode`.
    pub fn contradictions(&self, release: &Release, mode: u32) -> Vec<String> {
        let mut found = Vec::new();
        let mut expect = |holds: bool, claim: String| {
            if !holds {
                found.push(format!("{} pwlocks={mode}: {claim}", release.name));
            }
        };
        let subject = (
            self.subject.as_str(),
            self.kernel.as_str(),
            self.flavour.as_str(),
            self.pwlocks,
        );
        let expected = ("demo", release.name.as_str(), release.flavour.name(), mode);
        expect(
            subject == expected,
            format!("the row is about {subject:?}, not about {expected:?}"),
        );
        expect(
            self.drains == DRAINS,
            format!("{} drains instead of {DRAINS}", self.drains),
        );
        let works = self.works_run_on_isolated_cpu;
        let switches = self.involuntary_switches;
        if mode == 0 {
            expect(works > 0, "no work ran on the isolated CPU".into());
            expect(
                switches > 0,
                "the task on the isolated CPU was never switched out".into(),
            );
        } else {
            expect(works == 0, format!("{works} works ran on the isolated CPU"));
            expect(
                switches == 0,
                format!("the task on the isolated CPU was switched out {switches} times"),
            );
        }
        let Folios {
            entered,
            on_lru,
            in_batch,
            lost,
        } = self.folios;
        expect(lost == 0, format!("{lost} folios are lost"));
        expect(entered > 0, "the task put no folio into its batches".into());
        expect(
            entered == on_lru + in_batch,
            format!("{entered} folios went in, {on_lru} are on a list and {in_batch} in a batch"),
        );
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Row;
    use crate::kernel_choice::Release;

    fn row(mode: u32, works: u64, switches: u64, lost: i64) -> Row {
        let line = format!(
            "{{\"subject\":\"demo\",\"kernel\":\"7.2.12+deb13-amd64\",\"flavour\":\"amd64\",\"pwlocks\":{mode},\
             \"drains\":20,\"works_run_on_isolated_cpu\":{works},\"involuntary_switches\":{switches},\
             \"drain_us\":{{\"p50\":1.5,\"p99\":20,\"max\":953000}},\"longest_gap_us\":12,\
             \"folios\":{{\"in\":100,\"on_lru\":90,\"in_batch\":10,\"lost\":{lost}}}}}"
        );
        Row::find(&["# noise".into(), line]).unwrap()
    }

    fn contradictions(row: &Row, mode: u32) -> usize {
        let release = Release::split("7.2.12+deb13-amd64").unwrap();
        row.contradictions(&release, mode).len()
    }

    #[test]
    fn the_claim_holds_or_the_row_contradicts_it() {
        assert_eq!(contradictions(&row(0, 20, 12, 0), 0), 0);
        assert_eq!(contradictions(&row(1, 0, 0, 0), 1), 0);
        assert_eq!(contradictions(&row(0, 0, 0, 0), 0), 2);
        assert_eq!(contradictions(&row(1, 1, 0, 0), 1), 1);
        assert_eq!(contradictions(&row(1, 0, 1, 0), 1), 1);
        assert_eq!(contradictions(&row(1, 0, 0, 3), 1), 1);
        // The row of the other mode.
        assert_eq!(contradictions(&row(1, 0, 0, 0), 0), 3);
    }

    #[test]
    fn numbers_are_handed_on_as_they_were() {
        let text = serde_json::to_string(&row(1, 0, 0, 0)).unwrap();
        assert!(text.contains("\"p50\":1.5,\"p99\":20,"), "{text}");
        assert!(text.contains("\"folios\":{\"in\":100,"), "{text}");
    }

    #[test]
    fn one_row_exactly() {
        assert!(Row::find(&["nothing".into()]).is_err());
        assert!(Row::find(&["{}".into()]).is_err());
        assert!(
            Row::find(&["{\"a\":1}".into(), "{}".into()])
                .unwrap_err()
                .contains("more than one")
        );
    }
}
