// SPDX-License-Identifier: GPL-2.0

//! On paper: what a drain of all CPUs takes on a machine with more of them than were measured.

use serde::Serialize;

use crate::bench::fit::Line;
use crate::bench::series::Series;
use crate::bench::subject::Subject;

/// The figure that is drawn out.
const FIGURE: &str = "instructions of all CPUs per drain";

/// That of the works, of which there are none if nothing is to be drained.
const WORKS: &str = "works per drain";

/// The most CPUs that Debian's kernels are built for.
pub const CPUS: f64 = 8192.0;

/// What has to hold for the model to.
pub const ASSUMPTIONS: [&str; 5] = [
    "What a drain does is done for each CPU by itself, so that the instructions of all CPUs together \
     grow by as many for each CPU more: a straight line through the measured points (the least \
     squares of the shares by which they are off it). What was measured is believed before the line.",
    "Instructions stand for time. The emulator has no caches, no memory far away and no bus: what a \
     batch that was last used by another CPU costs beyond its instructions is not in it, on either side.",
    "Nobody contends for the locks of the lists, although works that run side by side would.",
    "The requester's remote drain does all of it by itself, one CPU after the other. Of the stock \
     kernel's works it is only known that their time lies between two ends: all one after the other (as \
     on CPUs that are busy with something else in turn), and all at the same time, in which case the \
     number of CPUs does not matter and the drain takes what it takes for one. Queueing a work for \
     each CPU and waiting for each, which the requester does by itself in any case, is left out of the \
     second end, in favour of the stock kernel.",
    "No CPU is kept from running its work. With a SCHED_FIFO task that never sleeps on one of them the \
     stock kernel's drain does not end at all, and no number of CPUs makes up for that.",
];

/// A kernel's drains with batches filled in one way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// The kernel's release.
    pub kernel: String,
    /// What is in the batches.
    pub fill: String,
    /// The numbers of CPUs that were measured.
    pub cpus: Vec<f64>,
    /// Instructions of all CPUs by the number of CPUs, stock.
    pub stock: Line,
    /// The same, drained by the requester.
    pub remote: Line,
    /// Those of both with as many CPUs as a kernel can have.
    pub stock_at_8192: f64,
    /// See [`Self::stock_at_8192`].
    pub remote_at_8192: f64,
    /// From how many CPUs on the remote drain takes more instructions than the works of all CPUs
    /// together, if it does: as measured, and beyond that as the lines have it.
    pub remote_is_more_work_from: Option<f64>,
    /// From how many on it takes longer than works that all run at the same time, if it does, and if any
    /// run.
    pub remote_is_slower_than_parallel_from: Option<f64>,
    /// Whether there is anything to drain, and so a work for it.
    pub has_works: bool,
}

/// The models that the series of scale are enough for.
pub fn of(scale: &[Series]) -> Vec<Model> {
    let mut places: Vec<(&str, &str)> = Vec::new();
    for series in scale {
        let place = (series.kernel.as_str(), label(series, 0));
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let models = places
        .into_iter()
        .filter_map(|(kernel, fill)| model(scale, kernel, fill));
    models.collect()
}

fn label(series: &Series, at: usize) -> &str {
    series.labels.get(at).map_or("", String::as_str)
}

/// Number of CPUs and instructions of `subject`'s drains.
pub fn points(scale: &[Series], kernel: &str, fill: &str, subject: &Subject) -> Vec<(f64, f64)> {
    figures(scale, kernel, fill, subject, FIGURE)
}

fn figures(
    scale: &[Series],
    kernel: &str,
    fill: &str,
    subject: &Subject,
    figure: &str,
) -> Vec<(f64, f64)> {
    let name = subject.to_string();
    scale
        .iter()
        .filter(|series| series.kernel == kernel && label(series, 0) == fill)
        .filter(|series| series.subject() == Some(name.as_str()))
        .filter_map(|series| {
            let cpus: f64 = label(series, 1).parse().ok()?;
            Some((cpus, series.figure(figure)?.median))
        })
        .collect()
}

/// From how many CPUs on one is above the other for good. Each has its measured points and the line through
/// them, which is for what is beyond those.
fn above_from(one: (&[(f64, f64)], &Line), other: (&[(f64, f64)], &Line)) -> Option<f64> {
    let mut measured: Vec<_> = one
        .0
        .iter()
        .filter_map(|&(cpus, value)| {
            let other = other.0.iter().find(|(of, _)| *of == cpus)?;
            Some((cpus, value > other.1))
        })
        .collect();
    measured.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let above = measured.iter().take_while(|(_, above)| *above);
    let most = measured.first()?.0;
    above
        .last()
        .map_or_else(|| one.1.crosses(other.1, most), |(cpus, _)| Some(*cpus))
}

fn model(scale: &[Series], kernel: &str, fill: &str) -> Option<Model> {
    let of_stock = points(scale, kernel, fill, &Subject::stock());
    let of_remote = points(scale, kernel, fill, &Subject::live(1));
    let stock = Line::through(&of_stock)?;
    let remote = Line::through(&of_remote)?;
    let cpus: Vec<_> = of_stock.iter().map(|(cpus, _)| *cpus).collect();
    let at_once = Line {
        at_zero: stock.at(1.0),
        per_cpu: 0.0,
        worst: 0.0,
    };
    let of_at_once: Vec<_> = cpus.iter().map(|&cpus| (cpus, at_once.at_zero)).collect();
    let works = figures(scale, kernel, fill, &Subject::stock(), WORKS);
    let has_works = works.iter().any(|(_, works)| *works > 0.0);
    let remote_is_above = |other| above_from((&of_remote, &remote), other);
    Some(Model {
        kernel: kernel.to_owned(),
        fill: fill.to_owned(),
        cpus,
        stock_at_8192: stock.at(CPUS),
        remote_at_8192: remote.at(CPUS),
        remote_is_more_work_from: remote_is_above((&of_stock, &stock)),
        remote_is_slower_than_parallel_from: remote_is_above((&of_at_once, &at_once))
            .filter(|_| has_works),
        has_works,
        stock,
        remote,
    })
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::bench::measured::tests::measured;
    use crate::bench::row::Section;
    use crate::bench::series;

    /// Guests of 2 to 16 CPUs, whose drains take what the functions say.
    fn models(stock: fn(f64) -> f64, remote: fn(f64) -> f64) -> Vec<super::Model> {
        with_works(5, stock, remote)
    }

    fn with_works(works: u64, stock: fn(f64) -> f64, remote: fn(f64) -> f64) -> Vec<super::Model> {
        let guests = [2_u32, 4, 8, 16].map(|cpus| {
            let row = |subject: &str, pwlocks: &str, work: f64| {
                format!(
                    "{{\"bench\":\"scale\",\"cpus\":{cpus},\"fill\":\"full\",\"subject\":\"{subject}\",\
                     \"pwlocks\":{pwlocks},\"drains\":5,\"works\":{works},\"work\":{work:.1},\"times_ns\":[]}}\n"
                )
            };
            let n = f64::from(cpus);
            let text = row("stock", "null", stock(n)) + &row("live", "1", remote(n));
            measured(&format!("scale-{cpus}"), 1, &text)
        });
        of(&series::of(Section::Scale, &guests))
    }

    #[test]
    fn a_drain_by_one_loses_to_many_at_once_but_is_less_work() {
        let models = models(|n| 2000.0 + 5000.0 * n, |n| 1000.0 + 1000.0 * n);
        let [model] = &models[..] else {
            panic!("{models:?}");
        };
        assert!((model.stock.per_cpu - 5000.0).abs() < 1e-6);
        assert!((model.remote_at_8192 - 8_193_000.0).abs() < 1e-3);
        assert_eq!(model.remote_is_more_work_from, None);
        // Works at the same time take 7000, less than the remote drain of the 8 CPUs that were measured.
        assert_eq!(model.remote_is_slower_than_parallel_from, Some(8.0));
    }

    #[test]
    fn where_the_remote_drain_loses_is_said() {
        let models = models(|n| 9000.0 + 100.0 * n, |n| 400.0 * n);
        let from = models[0].remote_is_more_work_from.unwrap();
        assert!((from - 30.0).abs() < 1e-6, "{from}");
    }

    #[test]
    fn where_there_is_nothing_to_drain_nothing_runs_at_the_same_time() {
        let models = with_works(0, |n| 2000.0 + 400.0 * n, |n| 2000.0 + 390.0 * n);
        assert!(!models[0].has_works);
        assert_eq!(models[0].remote_is_slower_than_parallel_from, None);
    }

    #[test]
    fn what_was_measured_is_believed_before_a_line() {
        // Where the works of 16 CPUs contend, the line through all begins below what was measured.
        let stock = |n: f64| 25_000.0 * n + if n > 8.0 { 900_000.0 } else { 0.0 };
        let models = models(stock, |n| 2000.0 + 17_000.0 * n);
        assert_eq!(models[0].remote_is_more_work_from, None);
        assert!(models[0].stock_at_8192 > models[0].remote_at_8192);
    }
}
