// SPDX-License-Identifier: GPL-2.0

//! The rows about the running kernel's own drains, for people.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};

use crate::live_row::{Figures, LiveRow, Subject, TRIGGERS};

/// The rows of one kernel.
pub struct LiveTable<'a>(pub &'a [LiveRow]);

/// A column: its title, and what is in a cell.
type Column = (&'static str, fn(&Figures) -> String);

const COLUMNS: [Column; 6] = [
    ("drain works", |figures| {
        figures.works_run_on_isolated_cpu.to_string()
    }),
    ("other works", |figures| {
        let others: u64 = figures.other_works().map(|(_, count)| count).sum();
        others.to_string()
    }),
    ("times switched out", |figures| {
        figures.involuntary_switches.to_string()
    }),
    ("request us p50", |figures| figures.drain_us.p50.to_string()),
    ("max", |figures| figures.drain_us.max.to_string()),
    ("longest gap us", |figures| {
        figures.longest_gap_us.to_string()
    }),
];

impl LiveTable<'_> {
    fn of(&self, subject: Subject) -> impl Iterator<Item = &LiveRow> {
        self.0.iter().filter(move |row| {
            (row.subject.as_str(), row.pwlocks) == (subject.name(), subject.mode())
        })
    }

    /// The table: each cell has the figures of all subjects.
    pub fn table(&self) -> Table {
        let kernel = self.0.first().map_or("", |row| row.kernel.as_str());
        let mut table = Table::new();
        table.load_preset(presets::ASCII_MARKDOWN);
        let first = format!("{kernel}: stock / live 0 / live 1");
        let titles = COLUMNS.map(|(title, _)| title.to_owned());
        table.set_header([first].into_iter().chain(titles));
        for (trigger, _) in TRIGGERS {
            let cells = COLUMNS.map(|(_, cell)| {
                let figures = Subject::ALL.map(|subject| {
                    let row = self.of(subject).find(|row| row.trigger == trigger);
                    row.and_then(LiveRow::figures)
                        .map_or_else(|| "-".into(), cell)
                });
                figures.join(" / ")
            });
            table.add_row([trigger.to_owned()].into_iter().chain(cells));
        }
        table
    }

    /// The table in sentences.
    pub fn meaning(&self) -> String {
        let sum = |subject: Subject, figure: fn(&Figures) -> u64| -> u64 {
            let figures = self.of(subject).filter_map(LiveRow::figures);
            figures.map(figure).sum()
        };
        let requests = sum(Subject::Live(1), |figures| figures.drains);
        let works = |subject| sum(subject, |figures| figures.works_run_on_isolated_cpu);
        let switches = |subject| sum(subject, |figures| figures.involuntary_switches);
        let mut sentences = format!(
            "{requests} requests of user space made the kernel run work for its memory bookkeeping on the \
             isolated CPU {} times as it is and {} times with mm_swap_live and pwlocks=1; the program \
             there was thrown off its CPU {} and {} times.",
            works(Subject::Stock),
            works(Subject::Live(1)),
            switches(Subject::Stock),
            switches(Subject::Live(1)),
        );
        let left = self.left();
        if !left.is_empty() {
            let left: Vec<_> = left
                .iter()
                .map(|(function, count)| format!("{count} {function}"))
                .collect();
            sentences += &format!(
                " What still ran there is not this module's to take away: {}.",
                left.join(", ")
            );
        }
        sentences
    }

    /// The works that ran with pwlocks=1, which are others.
    fn left(&self) -> BTreeMap<&str, u64> {
        let mut left = BTreeMap::new();
        for figures in self.of(Subject::Live(1)).filter_map(LiveRow::figures) {
            for (function, count) in figures.other_works() {
                *left.entry(function).or_default() += count;
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::LiveTable;
    use crate::live_row::{LiveRow, Subject, TRIGGERS};

    fn rows() -> Vec<LiveRow> {
        let mut rows = Vec::new();
        for subject in Subject::ALL {
            let works = if subject == Subject::Live(1) { 0 } else { 9 };
            for (trigger, _) in TRIGGERS {
                let other = u64::from(trigger == "offline");
                let line = format!(
                    "{{\"subject\":\"{}\",\"kernel\":\"k\",\"flavour\":\"amd64\",\"pwlocks\":{},\
                     \"trigger\":\"{trigger}\",\"drains\":10,\"works_run_on_isolated_cpu\":{works},\
                     \"works_by_function\":{{\"lru_add_drain_per_cpu\":{works},\"flush\":{other}}},\
                     \"remote_drains\":null,\"involuntary_switches\":{works},\
                     \"drain_us\":{{\"p50\":1,\"p99\":2,\"max\":3}},\"longest_gap_us\":4,\
                     \"pages_touched\":40}}",
                    subject.name(),
                    subject
                        .mode()
                        .map_or("null".into(), |mode| mode.to_string()),
                );
                rows.push(serde_json::from_str(&line).unwrap());
            }
        }
        rows
    }

    #[test]
    fn a_line_for_each_trigger_with_all_subjects() {
        let table = LiveTable(&rows()).table().to_string();
        let line = table.lines().find(|line| line.contains("offline")).unwrap();
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        assert_eq!(
            cells[1..5],
            ["offline", "9 / 9 / 0", "1 / 1 / 1", "9 / 9 / 0"]
        );
        assert_eq!(table.lines().count(), 2 + TRIGGERS.len());
    }

    #[test]
    fn the_sentences_have_the_sums() {
        let meaning = LiveTable(&rows()).meaning();
        assert!(meaning.starts_with("70 requests "), "{meaning}");
        assert!(
            meaning.contains(" 63 times as it is and 0 times "),
            "{meaning}"
        );
        assert!(meaning.ends_with(" take away: 1 flush."), "{meaning}");
    }
}
