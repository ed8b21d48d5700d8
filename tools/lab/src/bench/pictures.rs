// SPDX-License-Identifier: GPL-2.0

//! Which pictures a section has.

use crate::bench::alternative::{ISOLATED, LEFT};
use crate::bench::model::{self, CPUS, Model};
use crate::bench::oslat;
use crate::bench::plots::{Axis, Bar, Curve, Group, bars, curves};
use crate::bench::report::{Report, SectionReport};
use crate::bench::row::Section;
use crate::bench::series::Series;
use crate::bench::subject::Subject;
use crate::bench::timerlat;

/// The pictures of `section`, of one kernel each.
pub fn of(report: &Report, section: &SectionReport) -> Result<Vec<String>, String> {
    let mut pictures = Vec::new();
    for kernel in &report.kernels {
        let kernel = kernel.release.as_str();
        let series: Vec<_> = section
            .series
            .iter()
            .filter(|series| series.kernel == kernel)
            .collect();
        if series.is_empty() {
            continue;
        }
        match section.section {
            Section::Cost => pictures.extend(costs(kernel, &series)?),
            Section::Interference => {
                for figure in ["works", "switches", "interrupts"] {
                    let title = format!("{kernel}: {figure} per 1,000 drains");
                    let groups = groups(&series, figure);
                    pictures.push(bars(&title, figure, Axis::Even, &groups)?);
                }
            }
            Section::Oslat => {
                let title = format!("{kernel}: {}, per 1,000 drains", oslat::DRAWN);
                let groups = groups(&series, oslat::DRAWN);
                pictures.push(bars(&title, "gaps", Axis::Even, &groups)?);
            }
            Section::Osnoise => {
                let title = format!("{kernel}: time that threads had, per 1,000 drains");
                let groups = groups(&series, "threads us");
                pictures.push(bars(&title, "microseconds", Axis::Even, &groups)?);
            }
            Section::Timerlat => {
                let title = format!("{kernel}: how late the thread that a timer wakes was");
                let groups = groups(&series, timerlat::DRAWN);
                pictures.push(bars(&title, timerlat::DRAWN, Axis::Powers, &groups)?);
            }
            Section::Latency => {
                for figure in ["p50 us", "max us"] {
                    let title = format!("{kernel}: time of a drain, {figure}");
                    let groups = groups(&series, figure);
                    pictures.push(bars(&title, "microseconds", Axis::Powers, &groups)?);
                }
            }
            Section::Hold => {
                let title = format!("{kernel}: longest hold of another CPU's lock");
                let groups = groups(&series, "longest");
                pictures.push(bars(&title, "instructions", Axis::Powers, &groups)?);
            }
            Section::Alternative => {
                for (figure, axis) in [(ISOLATED, "instructions"), (LEFT, "pages")] {
                    let title = format!("{kernel}: {figure}");
                    let groups = groups(&series, figure);
                    pictures.push(bars(&title, axis, Axis::Even, &groups)?);
                }
            }
            Section::Scale if report.is_here() => {
                let title = format!("{kernel}: time of a drain, batches and CPUs");
                let groups = groups(&series, "drain us p50");
                pictures.push(bars(&title, "microseconds", Axis::Powers, &groups)?);
            }
            Section::Scale => {
                let models = report.model.models.iter();
                for model in models.filter(|model| model.kernel == kernel) {
                    pictures.push(scale(section, model)?);
                }
            }
        }
    }
    Ok(pictures)
}

/// Operations of the kernel in one picture, which costs differ by little from each other, and locks
/// in another.
fn costs(kernel: &str, series: &[&Series]) -> Result<Vec<String>, String> {
    let stock = Subject::stock().to_string();
    let is_operation = |one: &&&Series| {
        series.iter().any(|other| {
            other.subject() == Some(&stock) && other.labels.first() == one.labels.first()
        })
    };
    let (operations, locks): (Vec<_>, Vec<_>) = series.iter().partition(is_operation);
    let mut pictures = Vec::new();
    for (what, of) in [
        ("operations of the kernel", operations),
        ("lock, touch, unlock", locks),
    ] {
        if !of.is_empty() {
            let title = format!("{kernel}: {what}");
            for figure in ["instructions", "cycles"] {
                let groups = groups(&of, figure);
                if !groups.is_empty() {
                    pictures.push(bars(&title, figure, Axis::Even, &groups)?);
                }
            }
        }
    }
    Ok(pictures)
}

/// A group for each of what the labels before the last have, which is the subject.
fn groups(series: &[&Series], figure: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in series {
        let Some(spread) = one.figure(figure) else {
            continue;
        };
        let (name, of) = match one.labels.split_last() {
            Some((last, [])) => (last.clone(), String::new()),
            Some((last, before)) => (before.join(" "), last.clone()),
            None => continue,
        };
        let bar = Bar { of, spread };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.bars.push(bar),
            None => groups.push(Group {
                name,
                bars: vec![bar],
            }),
        }
    }
    groups
}

fn scale(section: &SectionReport, model: &Model) -> Result<String, String> {
    let title = format!(
        "{}: a drain of all CPUs, batches {}",
        model.kernel, model.fill
    );
    let curve = |subject: &Subject, is_measured: bool, points| Curve {
        of: subject.to_string(),
        points,
        is_measured,
    };
    let mut all = Vec::new();
    for (subject, line) in [
        (Subject::stock(), model.stock),
        (Subject::live(1), model.remote),
    ] {
        let measured = model::points(&section.series, &model.kernel, &model.fill, &subject);
        let fewest = measured.iter().map(|(cpus, _)| *cpus);
        let fewest = fewest.fold(CPUS, f64::min);
        // Evenly spaced where the axis has powers.
        let mut cpus = fewest;
        let mut drawn = Vec::new();
        while cpus <= CPUS {
            drawn.push((cpus, line.at(cpus)));
            cpus *= 2.0;
        }
        all.push(curve(&subject, true, measured));
        all.push(curve(&subject, false, drawn));
    }
    curves(&title, "instructions of all CPUs", &all)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::bench::measured::tests::measured;
    use crate::bench::report::tests::report;

    #[test]
    fn locks_and_operations_have_pictures_of_their_own() {
        let guests = vec![
            measured(
                "count",
                1,
                "# count PwLock local 19\n# count local_lock c 7\n",
            ),
            measured(
                "live-count",
                1,
                "# count mlock stock 2485.0\n# count mlock live1 2503.0\n",
            ),
        ];
        let report = report(vec![], guests);
        let pictures = of(&report, &report.sections[0]).unwrap();
        assert_eq!(pictures.len(), 2);
        assert!(pictures[0].contains("mlock") && !pictures[0].contains("PwLock"));
        assert!(pictures[1].contains("local_lock") && !pictures[1].contains("mlock"));
    }

    #[test]
    fn every_section_can_be_drawn() {
        let mut text = String::new();
        for cpus in [2, 4, 8] {
            for (subject, pwlocks, work) in [("stock", "null", 9000), ("live", "1", 400)] {
                text += &format!(
                    "{{\"bench\":\"scale\",\"cpus\":{cpus},\"fill\":\"full\",\"subject\":\"{subject}\",\
                     \"pwlocks\":{pwlocks},\"drains\":5,\"works\":5,\"work\":{},\"times_ns\":[]}}\n",
                    work * cpus
                );
            }
        }
        text += "{\"bench\":\"hold\",\"way\":\"locked\",\"longest\":16309,\"mean\":16309,\"tries\":1}\n\
                 {\"bench\":\"latency\",\"isolated\":\"idle\",\"subject\":\"stock\",\"pwlocks\":null,\
                 \"drains\":1,\"times_ns\":[4000],\"unfinished\":0}\n\
                 {\"bench\":\"interference\",\"trigger\":\"a\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":10,\
                 \"works_by_function\":{\"w\":20},\"involuntary_switches\":10,\"interrupts\":{}}\n";
        let report = report(vec![], vec![measured("all", 1, &text)]);
        let pictures: Vec<_> = report
            .sections
            .iter()
            .map(|section| of(&report, section).unwrap().len())
            .collect();
        assert_eq!(pictures, [3, 2, 1, 1]);
    }
}
