// SPDX-License-Identifier: GPL-2.0

//! The report as text for a terminal.

use comfy_table::{Table, presets};

use crate::bench::number;
use crate::bench::report::{Report, SectionReport};
use crate::bench::sentences;

/// The sentences, then a table for each section.
pub fn lines(report: &Report) -> Vec<String> {
    let mut lines = sentences::of(report);
    for section in &report.sections {
        lines.push(String::new());
        lines.push(section.section.title().to_owned());
        lines.push(table(section).to_string());
    }
    lines
}

/// Titles of a section's columns, and a row of cells for each series.
pub fn cells(section: &SectionReport) -> (Vec<String>, Vec<Vec<String>>) {
    let mut figures: Vec<&str> = Vec::new();
    for known in section.series.iter().flat_map(|series| &series.figures) {
        if !figures.contains(&known.name.as_str()) {
            figures.push(&known.name);
        }
    }
    figures.retain(|name| !is_of_an_interrupt(name) || is_anywhere(section, name));
    let fixed = ["kernel"]
        .into_iter()
        .chain(section.columns.iter().copied());
    let titles = fixed.chain(figures.iter().copied()).map(str::to_owned);
    let rows = section.series.iter().map(|series| {
        let kernel = [series.kernel.clone()].into_iter();
        let figures = figures.iter().map(|name| {
            let spread = series.figure(name);
            spread.map_or_else(String::new, number::spread)
        });
        kernel
            .chain(series.labels.iter().cloned())
            .chain(figures)
            .collect()
    });
    (titles.collect(), rows.collect())
}

/// Whether a figure is named like one in /proc/interrupts: `LOC`. A kernel has a score of them.
fn is_of_an_interrupt(name: &str) -> bool {
    let of_it = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    name.chars().all(of_it)
}

/// Whether the figure `name` is more than nothing in some series.
fn is_anywhere(section: &SectionReport, name: &str) -> bool {
    let spreads = section.series.iter().map(|series| series.figure(name));
    spreads.flatten().any(|spread| spread.max > 0.0)
}

fn table(section: &SectionReport) -> Table {
    let (titles, rows) = cells(section);
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header(titles);
    for row in rows {
        table.add_row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{cells, lines};
    use crate::bench::measured::tests::measured;
    use crate::bench::report::tests::report;

    #[test]
    fn a_table_has_a_line_for_each_series() {
        let guests = vec![measured(
            "live-count",
            1,
            "# count mlock stock 2485.0\n# count mlock live1 2503.0\n",
        )];
        let text = lines(&report(vec![], guests)).join("\n");
        let line = |start: &str| {
            let mut rows = text.lines().filter(|line| line.starts_with('|'));
            let line = rows.find(|line| line.contains(start)).unwrap();
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            cells[2..6].join(",")
        };
        assert_eq!(
            line("operation"),
            "operation,subject,instructions,more than stock"
        );
        assert_eq!(line("stock  "), "mlock,stock,2485,");
        assert_eq!(line("live 1  "), "mlock,live 1,2503,18");
    }

    #[test]
    fn interrupts_that_never_came_have_no_column() {
        let row = |trigger: &str, timer: u32| {
            format!(
                "{{\"bench\":\"interference\",\"trigger\":\"{trigger}\",\"subject\":\"stock\",\"pwlocks\":null,\
                 \"drains\":1000,\"works_by_function\":{{}},\"involuntary_switches\":0,\
                 \"interrupts\":{{\"LOC\":{timer},\"IRQ0\":0}}}}\n"
            )
        };
        let guest = measured("interference", 1, &(row("none", 0) + &row("fadvise", 3)));
        let report = report(vec![], vec![guest]);
        let (titles, rows) = cells(&report.sections[0]);
        assert_eq!(
            titles[3..],
            ["works", "switches", "interrupts", "LOC"],
            "{titles:?}"
        );
        assert_eq!((rows[0][6].as_str(), rows[1][6].as_str()), ("0", "3"));
    }
}
