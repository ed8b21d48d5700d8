// SPDX-License-Identifier: GPL-2.0

//! A row of build/run.json about the running kernel's own drains, and what it must say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kernel_choice::Release;
use crate::row::DrainTimes;

/// Requests of each kind.
const DRAINS: u64 = 10;

/// The kernel's work that drains the CPU it runs on.
const KERNELS_WORK: &str = "lru_add_drain_per_cpu";

/// How a trace marks functions of our modules.
const OUR_MODULES: [&str; 2] = ["[mm_swap_live]", "[pwlocks]"];

/// Whether a request has the isolated CPU drained, which has something in its batches before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Drains {
    /// It has.
    Always,
    /// It has, but by lru_cache_disable(): that waits for a grace period first, in which a page that
    /// the task on the isolated CPU touches empties the batch. Then there is nothing to drain.
    UnlessEmpty,
    /// It has not: mlockall() drains the CPU that it is called on and no other.
    Never,
}

/// All kinds of requests, in the order in which they are made.
pub const TRIGGERS: [(&str, Drains); 7] = [
    ("drop_caches", Drains::Always),
    ("fadvise", Drains::Always),
    ("flushbufs", Drains::Always),
    ("compact", Drains::Always),
    ("migrate", Drains::UnlessEmpty),
    ("offline", Drains::UnlessEmpty),
    ("mlockall", Drains::Never),
];

/// What was measured, and in which mode of pwlocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// The kernel without any module of ours.
    Stock,
    /// The kernel with `mm_swap_live.ko` and `pwlocks=` 0 or 1.
    Live(u32),
}

impl Subject {
    /// In the order in which they are measured.
    pub const ALL: [Self; 3] = [Self::Stock, Self::Live(0), Self::Live(1)];

    /// As rows call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Live(_) => "live",
        }
    }

    /// The mode, which only the modules have.
    pub fn mode(self) -> Option<u32> {
        match self {
            Self::Stock => None,
            Self::Live(mode) => Some(mode),
        }
    }
}

/// One kind of request, with one subject.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LiveRow {
    /// `stock` or `live`.
    pub subject: String,
    /// The kernel's release.
    pub kernel: String,
    /// `amd64` or `rt-amd64`.
    pub flavour: String,
    /// The mode; `None` with `stock`.
    pub pwlocks: Option<u32>,
    /// The kind of request.
    pub trigger: String,
    /// What came of it.
    #[serde(flatten)]
    pub result: Measured,
}

/// What came of the requests.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// They were made.
    Figures(Figures),
    /// The guest could not.
    Skipped {
        /// Why.
        skipped: String,
    },
}

/// The figures.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Figures {
    /// Requests made.
    pub drains: u64,
    /// Works of a drain, the kernel's or ours, that ran on the isolated CPU.
    pub works_run_on_isolated_cpu: u64,
    /// All works that ran there, by function.
    pub works_by_function: BTreeMap<String, u64>,
    /// Drains of the isolated CPU that others made, as pwlocks counts it; `None` with `stock`.
    pub remote_drains: Option<u64>,
    /// How often the task on the isolated CPU was switched out against its will.
    pub involuntary_switches: u64,
    /// How long a request took, in microseconds.
    pub drain_us: DrainTimes,
    /// The longest time that the task on the isolated CPU stood still, in microseconds.
    pub longest_gap_us: serde_json::Number,
    /// Pages that the task touched meanwhile.
    pub pages_touched: u64,
}

impl LiveRow {
    /// The rows among a program's output: its lines in braces.
    pub fn find(lines: &[String]) -> Result<Vec<Self>, String> {
        let rows = lines.iter().filter(|line| line.starts_with('{'));
        rows.map(|row| serde_json::from_str(row).map_err(|error| format!("{error} in {row}")))
            .collect()
    }

    /// The figures, if there are some.
    pub fn figures(&self) -> Option<&Figures> {
        match &self.result {
            Measured::Figures(figures) => Some(figures),
            Measured::Skipped { .. } => None,
        }
    }
}

impl Figures {
    /// Works that are not a drain's.
    pub fn other_works(&self) -> impl Iterator<Item = (&str, u64)> {
        self.works_by_function
            .iter()
            .filter(|(function, _)| !is_of_a_drain(function))
            .map(|(function, count)| (function.as_str(), *count))
    }

    /// What is wrong with `subject`.
    fn contradictions(&self, subject: Subject, expected: Drains) -> Vec<String> {
        let must_drain = expected == Drains::Always;
        let mut found = Vec::new();
        let mut expect = |holds: bool, claim: String| {
            if !holds {
                found.push(claim);
            }
        };
        let drained =
            |(function, count): (&String, &u64)| is_of_a_drain(function).then_some(*count);
        let drains: u64 = self.works_by_function.iter().filter_map(drained).sum();

        expect(
            self.drains == DRAINS,
            format!("{} requests instead of {DRAINS}", self.drains),
        );
        expect(
            self.pages_touched > 0,
            "the task on the isolated CPU touched no page".into(),
        );
        expect(
            drains == self.works_run_on_isolated_cpu,
            format!(
                "{drains} works of a drain by function, {} in all",
                self.works_run_on_isolated_cpu
            ),
        );
        match subject {
            Subject::Live(1) => {
                expect(
                    drains == 0,
                    format!("{drains} works of a drain ran on the isolated CPU"),
                );
                // Or there was nothing to keep off the CPU.
                expect(
                    !must_drain || self.remote_drains.is_some_and(|count| count > 0),
                    "nobody drained the isolated CPU".into(),
                );
            }
            Subject::Stock | Subject::Live(_) => {
                let kernels = self.works_by_function.get(KERNELS_WORK);
                expect(
                    !must_drain || kernels.is_some_and(|count| *count > 0),
                    format!("no {KERNELS_WORK} ran on the isolated CPU"),
                );
            }
        }
        found
    }
}

fn is_of_a_drain(function: &str) -> bool {
    function == KERNELS_WORK || OUR_MODULES.iter().any(|module| function.ends_with(module))
}

/// What in the rows of `subject` on `release` is wrong or contradicts the project's claim.
pub fn contradictions(rows: &[LiveRow], release: &Release, subject: Subject) -> Vec<String> {
    let mut found = Vec::new();
    let mode = subject
        .mode()
        .map_or(String::new(), |mode| format!(" pwlocks={mode}"));
    let place = format!("{} {}{mode}", release.name, subject.name());

    let names: Vec<_> = rows.iter().map(|row| row.trigger.as_str()).collect();
    let expected = TRIGGERS.map(|(name, _)| name);
    if names != expected {
        found.push(format!("{place}: rows about {names:?}, not {expected:?}"));
        return found;
    }
    for (row, (trigger, expected_drains)) in rows.iter().zip(TRIGGERS) {
        let mut wrong = Vec::new();
        let about = (&*row.subject, &*row.kernel, &*row.flavour, row.pwlocks);
        let expected = (
            subject.name(),
            &*release.name,
            release.flavour.name(),
            subject.mode(),
        );
        if about != expected {
            wrong.push(format!(
                "the row is about {about:?}, not about {expected:?}"
            ));
        }
        match &row.result {
            Measured::Figures(figures) => {
                wrong.extend(figures.contradictions(subject, expected_drains))
            }
            // The guest was made so that it can.
            Measured::Skipped { skipped } => wrong.push(format!("not measured: {skipped}")),
        }
        found.extend(
            wrong
                .into_iter()
                .map(|claim| format!("{place} {trigger}: {claim}")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Drains, LiveRow, Subject, TRIGGERS, contradictions};
    use crate::kernel_choice::Release;

    /// A line as a guest prints it.
    fn line(subject: Subject, trigger: &str, works: &str, drains: u64, remote: u64) -> String {
        let (mode, remote) = match subject.mode() {
            Some(mode) => (mode.to_string(), remote.to_string()),
            None => ("null".into(), "null".into()),
        };
        format!(
            "{{\"subject\":\"{}\",\"kernel\":\"7.2.12+deb13-amd64\",\"flavour\":\"amd64\",\
             \"pwlocks\":{mode},\"trigger\":\"{trigger}\",\"drains\":10,\
             \"works_run_on_isolated_cpu\":{drains},\"works_by_function\":{works},\
             \"remote_drains\":{remote},\"involuntary_switches\":1,\
             \"drain_us\":{{\"p50\":1.5,\"p99\":20,\"max\":953000}},\"longest_gap_us\":12,\
             \"pages_touched\":40}}",
            subject.name()
        )
    }

    /// The rows of all triggers, those that drain with `works`, of which `drains` are a drain's.
    fn rows(subject: Subject, works: &str, drains: u64, remote: u64) -> Vec<LiveRow> {
        let lines = TRIGGERS.map(|(trigger, drains_at)| {
            if drains_at != Drains::Never {
                line(subject, trigger, works, drains, remote)
            } else {
                line(subject, trigger, "{}", 0, 0)
            }
        });
        LiveRow::find(&lines).unwrap()
    }

    fn wrong(rows: &[LiveRow], subject: Subject) -> Vec<String> {
        let release = Release::split("7.2.12+deb13-amd64").unwrap();
        contradictions(rows, &release, subject)
    }

    const STOCK: &str = "{\"lru_add_drain_per_cpu\":9,\"vmstat_update\":1}";

    #[test]
    fn the_claim_holds() {
        for subject in [Subject::Stock, Subject::Live(0)] {
            assert_eq!(wrong(&rows(subject, STOCK, 9, 0), subject), [""; 0]);
        }
        let others = "{\"flush_cpu_sheaves\":3}";
        let live = Subject::Live(1);
        assert_eq!(wrong(&rows(live, others, 0, 10), live), [""; 0]);
    }

    #[test]
    fn one_work_too_many_contradicts_it() {
        let live = Subject::Live(1);
        for work in [
            "lru_add_drain_per_cpu",
            "run [mm_swap_live]",
            "run [pwlocks]",
        ] {
            let mut rows = rows(live, "{}", 0, 10);
            let line = line(live, "compact", &format!("{{\"{work}\":1}}"), 1, 10);
            rows[3] = serde_json::from_str(&line).unwrap();
            let wrong = wrong(&rows, live);
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            assert!(
                wrong[0].contains("live pwlocks=1 compact: 1 works"),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_demonstration_that_shows_nothing_contradicts_it() {
        let others = "{\"vmstat_update\":1}";
        let subject = Subject::Stock;
        assert_eq!(wrong(&rows(subject, others, 0, 0), subject).len(), 4);
        let subject = Subject::Live(0);
        assert_eq!(wrong(&rows(subject, others, 0, 0), subject).len(), 4);
        let subject = Subject::Live(1);
        assert_eq!(wrong(&rows(subject, "{}", 0, 0), subject).len(), 4);
        // A sum that is not one.
        assert_eq!(wrong(&rows(subject, "{}", 1, 1), subject).len(), 6);
    }

    #[test]
    fn rows_of_another_subject_or_none_contradict_it() {
        let stock = rows(Subject::Stock, STOCK, 9, 0);
        assert_eq!(wrong(&stock, Subject::Live(0)).len(), 7);
        assert_eq!(wrong(&stock[..6], Subject::Stock).len(), 1);
        assert_eq!(wrong(&[], Subject::Stock).len(), 1);
    }

    #[test]
    fn what_was_not_measured_is_said() {
        let mut rows = rows(Subject::Stock, STOCK, 9, 0);
        let skipped = "{\"subject\":\"stock\",\"kernel\":\"7.2.12+deb13-amd64\",\"flavour\":\"amd64\",\
                       \"pwlocks\":null,\"trigger\":\"offline\",\"skipped\":\"no block\"}";
        rows[5] = serde_json::from_str(skipped).unwrap();
        assert_eq!(serde_json::to_string(&rows[5]).unwrap(), skipped);
        assert_eq!(
            wrong(&rows, Subject::Stock),
            ["7.2.12+deb13-amd64 stock offline: not measured: no block"]
        );
    }

    #[test]
    fn numbers_are_handed_on_as_they_were() {
        let text = line(Subject::Live(1), "migrate", "{\"a\":1,\"b [c]\":2}", 0, 3);
        let row: LiveRow = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&row).unwrap(), text);
        let others: Vec<_> = row.figures().unwrap().other_works().collect();
        assert_eq!(others, [("a", 1), ("b [c]", 2)]);
    }
}
