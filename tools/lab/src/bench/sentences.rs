// SPDX-License-Identifier: GPL-2.0

//! The report in sentences, for someone who reads nothing else of it.

use crate::bench::model::Model;
use crate::bench::number::number;
use crate::bench::report::{Report, SectionReport};
use crate::bench::row::Section;
use crate::bench::series::Series;

/// What pwlocks is for, in case a reader has never heard of it.
const PURPOSE: &str = "A stock kernel keeps lists of memory pages on each CPU, and has them emptied by running a \
     piece of work there: also on a CPU that a program was given to itself. With mm_swap_live.ko and \
     pwlocks=1 (\"live 1\") the CPU that wants them empty does it instead.";

/// How the figures are to be read.
const EMULATED: &str = "The machine is emulated: instructions are counted and come out the same everywhere; times \
     are those of an emulator and say something only against each other.";

/// The same of those of the machine itself.
const HERE: &str = "The figures are this machine's own, in microseconds of its clock and cycles of its time-stamp \
     counter: what else it did meanwhile is in them, and they say nothing of other machines.";

/// Makes a sentence of what a section has of a kernel.
type OfKernel = fn(&SectionReport, &str) -> Option<String>;

/// All sentences, a paragraph each.
pub fn of(report: &Report) -> Vec<String> {
    let mut all = Vec::new();
    if report.partial {
        all.push(format!(
            "This report is partial: {}.",
            report
                .missing
                .iter()
                .chain(&report.not_repeated)
                .cloned()
                .collect::<Vec<_>>()
                .join("; ")
        ));
    }
    all.push(PURPOSE.to_owned());
    let sections: [(Section, OfKernel); 4] = [
        (Section::Cost, cost),
        (Section::Interference, interference),
        (Section::Latency, latency),
        (Section::Hold, hold),
    ];
    for (section, sentence) in sections {
        let Some(section) = report.section(section) else {
            continue;
        };
        let kernels = report.kernels.iter();
        all.extend(kernels.filter_map(|kernel| sentence(section, &kernel.release)));
    }
    all.extend(report.model.models.iter().map(scale));
    if report.is_here() {
        all.push(here(report));
    } else {
        all.push(EMULATED.to_owned());
    }
    if !report.left_out.is_empty() {
        all.push(format!("Left out: {}.", report.left_out.join("; ")));
    }
    all
}

fn here(report: &Report) -> String {
    let host = &report.circumstances.host;
    let is_virtual = host.hypervisor.as_ref().map(|hypervisor| {
        format!(
            " It is a virtual machine ({hypervisor}): what its host does meanwhile is in them, too, and an \
             interrupt may cost more than on a real one."
        )
    });
    HERE.to_owned() + &is_virtual.unwrap_or_default()
}

/// The series of `kernel` with `subject`.
fn series<'a>(
    section: &'a SectionReport,
    kernel: &'a str,
    subject: &'a str,
) -> impl Iterator<Item = &'a Series> {
    let series = section.series.iter();
    series.filter(move |series| series.kernel == kernel && series.subject() == Some(subject))
}

fn cost(section: &SectionReport, kernel: &str) -> Option<String> {
    let added = |subject| {
        series(section, kernel, subject)
            .filter_map(|series| {
                let more = series.figure("more than stock")?.median;
                Some((more, series.labels.first()?))
            })
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
    };
    let (off, _) = added("live 0")?;
    let (on, operation) = added("live 1")?;
    Some(format!(
        "{kernel}: the module adds at most {} instructions to an operation while it is off, and {} while \
         it is on (to {operation}).",
        number(off),
        number(on)
    ))
}

fn interference(section: &SectionReport, kernel: &str) -> Option<String> {
    let mean = |subject, figure| {
        let figures: Vec<_> = series(section, kernel, subject)
            // With no request at all, to compare.
            .filter(|series| {
                series
                    .labels
                    .first()
                    .is_some_and(|trigger| trigger != "none")
            })
            .filter_map(|series| Some(series.figure(figure)?.median))
            .collect();
        let count = figures.len() as f64;
        (count > 0.0).then(|| figures.iter().sum::<f64>() / count)
    };
    let one = |figure| Some((mean("stock", figure)?, mean("live 1", figure)?));
    let (works, switches) = (one("works")?, one("switches")?);
    Some(format!(
        "{kernel}: 1,000 requests of other CPUs make the isolated CPU run {} works on average over their \
         kinds as it is, and {} with live 1; its program is thrown off it {} and {} times.",
        number(works.0),
        number(works.1),
        number(switches.0),
        number(switches.1)
    ))
}

fn latency(section: &SectionReport, kernel: &str) -> Option<String> {
    let of = |subject: &'static str| {
        let parts: Vec<_> = series(section, kernel, subject)
            .filter_map(|series| {
                let isolated = series.labels.first()?;
                let unfinished = series.figure("unfinished").map_or(0.0, |spread| spread.max);
                Some(match series.figure("p50 us") {
                    Some(_) if unfinished > 0.0 => {
                        format!("{isolated}: some drains never ended")
                    }
                    Some(spread) => format!("{isolated}: {} us", number(spread.median)),
                    None => format!("{isolated}: drains never ended"),
                })
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    Some(format!(
        "{kernel}: half of the drains take the one who asks at most, by what the isolated CPU does, stock: {}; \
         live 1: {}.",
        of("stock")?,
        of("live 1")?
    ))
}

fn hold(section: &SectionReport, kernel: &str) -> Option<String> {
    let longest = |way: &str| {
        let series = section.series.iter();
        let mut of_way = series.filter(|series| series.kernel == kernel && series.labels == [way]);
        of_way.next()?.figure("longest")
    };
    Some(format!(
        "{kernel}: another CPU's lock is held for {} instructions while its batch is taken out, where moving \
         the folios under it, as the C series does, takes {}.",
        number(longest("taken_out")?.median),
        number(longest("locked")?.median)
    ))
}

/// What a model says.
pub fn scale(model: &Model) -> String {
    let from = |from: Option<f64>, what: &str| match from {
        Some(cpus) => format!("it {what} from {} CPUs on", number(cpus.ceil())),
        None => format!("it never {what}"),
    };
    format!(
        "{}, batches {}: with 8,192 CPUs a drain would be {} instructions of all CPUs on the stock kernel and {} \
         of the requester alone with live 1; {}, and {}.",
        model.kernel,
        model.fill,
        number(model.stock_at_8192),
        number(model.remote_at_8192),
        from(
            model.remote_is_more_work_from,
            "is more work than the stock kernel's"
        ),
        if model.has_works {
            from(
                model.remote_is_slower_than_parallel_from,
                "takes longer than works that all run at the same time",
            )
        } else {
            "no CPU runs a work for either".to_owned()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::bench::circumstances::Here;
    use crate::bench::measured::tests::measured;
    use crate::bench::report::tests::report;

    #[test]
    fn each_section_that_was_measured_is_told() {
        let guests = vec![
            measured(
                "live-count",
                1,
                "# count mlock stock 2485.0\n# count mlock live0 2485.0\n# count mlock live1 2503.0\n",
            ),
            measured(
                "live-hold",
                1,
                "{\"bench\":\"hold\",\"way\":\"taken_out\",\"longest\":147,\"mean\":147,\"tries\":1}\n\
                 {\"bench\":\"hold\",\"way\":\"locked\",\"longest\":16309,\"mean\":16309,\"tries\":1}\n",
            ),
            measured(
                "latency",
                1,
                "{\"bench\":\"latency\",\"isolated\":\"fifo\",\"subject\":\"stock\",\"pwlocks\":null,\
                 \"drains\":1,\"times_ns\":[],\"unfinished\":1}\n\
                 {\"bench\":\"latency\",\"isolated\":\"fifo\",\"subject\":\"live\",\"pwlocks\":1,\
                 \"drains\":1,\"times_ns\":[90000],\"unfinished\":0}\n",
            ),
            measured(
                "interference",
                1,
                "{\"bench\":\"interference\",\"trigger\":\"a\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\
                 \"works_by_function\":{\"w\":20},\"involuntary_switches\":10,\"interrupts\":{}}\n\
                 {\"bench\":\"interference\",\"trigger\":\"a\",\"subject\":\"live\",\"pwlocks\":1,\"drains\":10,\
                 \"works_by_function\":{},\"involuntary_switches\":0,\"interrupts\":{}}\n\
                 {\"bench\":\"interference\",\"trigger\":\"none\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\
                 \"works_by_function\":{},\"involuntary_switches\":0,\"interrupts\":{}}\n",
            ),
        ];
        let all = of(&report(vec![], guests)).join("\n");
        for sentence in [
            "at most 0 instructions to an operation while it is off, and 18 while it is on (to mlock)",
            "held for 147 instructions",
            "under it, as the C series does, takes 16,309.",
            "stock: fifo: drains never ended; live 1: fifo: 90 us.",
            "run 2000 works on average over their kinds as it is, and 0 with live 1; its program is thrown off it 1000 and 0",
        ] {
            assert!(all.contains(sentence), "{sentence}\n{all}");
        }
        assert!(!all.contains("partial"));
    }

    #[test]
    fn figures_of_the_machine_itself_are_not_said_to_be_emulated() {
        let mut report = report(vec![], vec![]);
        let last = |report: &_| of(report).pop().unwrap();
        assert!(last(&report).contains("emulated"));
        report.circumstances.here = Some(Here {
            command_line: "quiet".into(),
            isolated_cpu: None,
            clocksource: "tsc".into(),
        });
        assert!(last(&report).contains("this machine's own"));
        assert!(!last(&report).contains("virtual"));
        report.circumstances.host.hypervisor = Some("xen".into());
        assert!(last(&report).contains("a virtual machine (xen)"));
        report.left_out = vec!["latency: no isolated CPU".into()];
        assert_eq!(last(&report), "Left out: latency: no isolated CPU.");
        assert!(of(&report).iter().all(|line| !line.contains("emulated")));
    }

    #[test]
    fn what_is_missing_comes_first() {
        let all = of(&report(vec!["count: interrupted".into()], vec![]));
        assert_eq!(all[0], "This report is partial: count: interrupted.");
    }
}
