// SPDX-License-Identifier: GPL-2.0

//! The report as a page that needs no other file: build/bench/report.html.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::bench::number::number;
use crate::bench::pictures;
use crate::bench::report::{Report, SectionReport};
use crate::bench::row::Section;
use crate::bench::sentences;
use crate::bench::summary::cells;

const STYLE: &str = "body{font:15px/1.45 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}\
     table{border-collapse:collapse;margin:1em 0;font-size:13px;display:block;overflow-x:auto}\
     th,td{border:1px solid #ccc;padding:.2em .6em;text-align:left}\
     th{background:#f0f0f0}td.number{text-align:right;white-space:nowrap}\
     figure{margin:1em 0}svg{max-width:100%;height:auto}\
     .partial{border-left:.4em solid #c85014;padding-left:1em}";

/// The page.
pub fn page(report: &Report) -> Result<String, String> {
    let mut sections = Vec::new();
    for section in &report.sections {
        sections.push(section_markup(report, section)?);
    }
    let mut summary = sentences::of(report);
    let partial = report.partial.then(|| summary.remove(0));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "pwlocks: what it costs and what it buys" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "pwlocks: what it costs and what it buys" }
                @if let Some(partial) = partial {
                    p.partial { (partial) }
                }
                @for sentence in summary {
                    p { (sentence) }
                }
                (circumstances(report))
                @for section in sections {
                    (section)
                }
                (guests(report))
            }
        }
    };
    Ok(markup.into_string())
}

fn circumstances(report: &Report) -> Markup {
    let host = &report.circumstances.host;
    let clocks = report.guests.iter().map(|guest| guest.clock.name());
    let mut clocks: Vec<_> = clocks.collect();
    clocks.sort_unstable();
    clocks.dedup();
    html! {
        h2 { "With what and on what" }
        table {
            tr { th { "date" } td { (report.circumstances.date) } }
            tr { th { "command" } td { code { (report.circumstances.command) } } }
            tr { th { "figures are" } td { (clocks.join("; ")) } }
            @for kernel in &report.kernels {
                tr { th { (kernel.release) } td { (kernel.version) } }
            }
            @if let Some(qemu) = &report.circumstances.qemu {
                tr { th { "emulator" } td { (qemu) } }
            }
            tr { th { "host" } td {
                (host.cpu) ", " (host.cpus) " CPUs, " (host.memory_mib) " MiB, Linux " (host.kernel)
                @if let Some(hypervisor) = &host.hypervisor {
                    ", a virtual machine (" (hypervisor) ")"
                }
            } }
            @if let Some(here) = &report.circumstances.here {
                tr { th { "its command line" } td { code { (here.command_line) } } }
                tr { th { "isolated CPU" } td {
                    @match here.isolated_cpu {
                        Some(cpu) => (cpu),
                        None => "none",
                    }
                } }
                tr { th { "clock" } td { (here.clocksource) } }
            }
            tr { th { "seed of the order" } td { (report.seed) } }
        }
    }
}

fn section_markup(report: &Report, section: &SectionReport) -> Result<Markup, String> {
    let (titles, rows) = cells(section);
    let labels = 1 + section.columns.len();
    let pictures = pictures::of(report, section)?;
    Ok(html! {
        h2 { (section.section.title()) }
        p {
            (section.section.about(report.is_here()))
            " Median, and least to greatest where " (repetitions(report)) " differ."
        }
        @for picture in pictures {
            figure { (PreEscaped(picture)) }
        }
        table {
            tr { @for title in titles { th { (title) } } }
            @for row in rows {
                tr {
                    @for (at, cell) in row.iter().enumerate() {
                        @if at < labels { td { (cell) } } @else { td.number { (cell) } }
                    }
                }
            }
        }
        @if section.section == Section::Cost { (published(report)) }
        @if section.section == Section::Scale && !report.is_here() { (model(report)) }
    })
}

/// What the same was measured in more than once.
fn repetitions(report: &Report) -> &'static str {
    if report.is_here() { "runs" } else { "guests" }
}

fn published(report: &Report) -> Markup {
    html! {
        h3 { "Published by the C series, other hardware" }
        p {
            (report.published.source) ". These are "
            @if report.is_here() {
                "of another machine, and not to be compared with the cycles above."
            } @else {
                "cycles, and not to be compared with the instructions above."
            }
        }
        table {
            tr { th { "kernel" } th { "subject" } th { "cycles per kmalloc()" } }
            @for figure in &report.published.figures {
                tr {
                    td { (figure.kernel) }
                    td { (figure.subject) }
                    td.number { (figure.cycles) }
                }
            }
        }
    }
}

fn model(report: &Report) -> Markup {
    html! {
        h3 { "On paper, up to 8,192 CPUs" }
        @for model in &report.model.models {
            p {
                (sentences::scale(model)) " Stock: " (number(model.stock.at_zero)) " and "
                (number(model.stock.per_cpu)) " for each CPU (no measured point is more than "
                (number(100.0 * model.stock.worst)) " % off); live 1: " (number(model.remote.at_zero)) " and "
                (number(model.remote.per_cpu)) " (" (number(100.0 * model.remote.worst)) " %)."
            }
        }
        @if report.model.models.is_empty() {
            p { "Fewer than three numbers of CPUs were measured: too few for a line." }
        }
        p { "This assumes:" }
        ul { @for assumption in report.model.assumptions { li { (assumption) } } }
    }
}

fn guests(report: &Report) -> Markup {
    let (title, one) = if report.is_here() {
        ("Runs", "of")
    } else {
        ("Guests", "guest")
    };
    html! {
        h2 { (title) }
        table {
            tr { th { "kernel" } th { (one) } th { "repetition" } th { "figures are" } th { "over at" } th { "seconds" } }
            @for guest in &report.guests {
                tr {
                    td { (guest.kernel) }
                    td { (guest.guest) }
                    td.number { (guest.repetition) }
                    td { (guest.clock.name()) }
                    td { (guest.date) }
                    td.number { (number(guest.seconds)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::bench::measured::tests::measured;
    use crate::bench::report::tests::report;

    #[test]
    fn it_needs_nothing_else_and_escapes_what_it_shows() {
        let guest = measured(
            "count",
            1,
            "# count <script>x local 19\n# count local_lock c 7\n",
        );
        let page = page(&report(vec!["live & dead".into()], vec![guest])).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>"));
        for text in [
            "&lt;script&gt;x",
            "live &amp; dead",
            "Some CPU &lt;at&gt; 2 GHz",
            "<svg",
            "make bench BENCH=quick",
        ] {
            assert!(page.contains(text), "{text}");
        }
        for text in ["<script", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(text), "{text}");
        }
    }

    #[test]
    fn what_was_published_is_marked_as_such() {
        let guest = measured("count", 1, "# count PwLock local 19\n");
        let page = page(&report(vec![], vec![guest])).unwrap();
        assert!(page.contains("other hardware") && page.contains(">75<"));
        assert!(!page.contains("partial\">"));
    }
}
