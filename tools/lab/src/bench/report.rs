// SPDX-License-Identifier: GPL-2.0

//! All that was measured and how: build/bench/report.json.

use serde::Serialize;

use crate::bench::baseline;
use crate::bench::circumstances::Circumstances;
use crate::bench::clock::Clock;
use crate::bench::counted;
use crate::bench::measured::Measured;
use crate::bench::model::{self, Model};
use crate::bench::published::{self, PUBLISHED, Published};
use crate::bench::repeats;
use crate::bench::row::Section;
use crate::bench::series::{self, Series};

/// The report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether guests are missing, or a figure does not repeat.
    pub partial: bool,
    /// Guests that are missing, and why.
    pub missing: Vec<String>,
    /// What is not measured on such a machine, and why.
    pub left_out: Vec<String>,
    /// Counted figures that came out differently.
    pub not_repeated: Vec<String>,
    /// With what, on what and when.
    #[serde(flatten)]
    pub circumstances: Circumstances,
    /// What the order of the guests that take times was made from.
    pub seed: u64,
    /// The kernels that were measured.
    pub kernels: Vec<Kernel>,
    /// The sections that have figures.
    pub sections: Vec<SectionReport>,
    /// What follows for machines that were not measured.
    pub model: ModelReport,
    /// What the C series says of itself.
    pub published: PublishedReport,
    /// Everything that the guests said.
    pub guests: Vec<Measured>,
}

/// A kernel.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Kernel {
    /// Its release.
    pub release: String,
    /// Its version, as its log has it.
    pub version: String,
}

/// A section.
#[derive(Debug, Serialize)]
pub struct SectionReport {
    /// Which.
    pub section: Section,
    /// Names of the labels of its series.
    pub columns: &'static [&'static str],
    /// Its figures.
    pub series: Vec<Series>,
}

/// What follows for machines that were not measured.
#[derive(Debug, Serialize)]
pub struct ModelReport {
    /// What has to hold.
    pub assumptions: [&'static str; 5],
    /// Kernels and batches.
    pub models: Vec<Model>,
}

/// What the C series says of itself.
#[derive(Debug, Serialize)]
pub struct PublishedReport {
    /// Where.
    pub source: &'static str,
    /// The figures.
    pub figures: [Published; 7],
}

impl Report {
    /// That of `guests`, in which those that are `missing` are not.
    pub fn new(
        circumstances: Circumstances,
        seed: u64,
        missing: Vec<String>,
        guests: Vec<Measured>,
    ) -> Self {
        let sections: Vec<_> = Section::ALL
            .into_iter()
            .map(|section| SectionReport {
                section,
                columns: section.columns(),
                series: series::of(section, &guests),
            })
            .filter(|section| !section.series.is_empty())
            .collect();
        let scale = sections
            .iter()
            .find(|section| section.section == Section::Scale);
        let models = scale.map_or_else(Vec::new, |scale| model::of(&scale.series));
        let mut kernels: Vec<Kernel> = Vec::new();
        for guest in &guests {
            if !kernels.iter().any(|known| known.release == guest.kernel) {
                kernels.push(Kernel {
                    release: guest.kernel.clone(),
                    version: guest.version.clone(),
                });
            }
        }
        let not_repeated = not_repeated(&guests);
        let mut left_out: Vec<String> = Vec::new();
        for line in guests.iter().flat_map(|guest| &guest.left_out) {
            if !left_out.contains(line) {
                left_out.push(line.clone());
            }
        }
        Self {
            partial: !missing.is_empty() || !not_repeated.is_empty(),
            missing,
            left_out,
            not_repeated,
            circumstances,
            seed,
            kernels,
            sections,
            model: ModelReport {
                assumptions: model::ASSUMPTIONS,
                models,
            },
            published: PublishedReport {
                source: published::SOURCE,
                figures: PUBLISHED,
            },
            guests,
        }
    }

    /// Whether the machine itself was measured, and no guest.
    pub fn is_here(&self) -> bool {
        self.circumstances.here.is_some()
    }

    /// The section, if it has figures.
    pub fn section(&self, section: Section) -> Option<&SectionReport> {
        self.sections.iter().find(|known| known.section == section)
    }

    /// The baseline that these guests make of `before`.
    pub fn baseline(&self, before: baseline::Baseline) -> baseline::Baseline {
        self.kernels.iter().fold(before, |baseline, kernel| {
            let mut figures = counted::Figures::new();
            for guest in self.guests.iter().rev() {
                if guest.kernel == kernel.release
                    && baseline::GUESTS.contains(&guest.guest.as_str())
                {
                    figures.extend(counted::figures(&guest.rows));
                }
            }
            baseline.with(&kernel.release, &figures)
        })
    }
}

/// What guests that count the same thing disagree on.
fn not_repeated(guests: &[Measured]) -> Vec<String> {
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for guest in guests.iter().filter(|guest| guest.clock == Clock::Counted) {
        let kind = (guest.kernel.as_str(), guest.guest.as_str());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut found = Vec::new();
    for (kernel, name) in kinds {
        let of_kind: Vec<_> = guests
            .iter()
            .filter(|guest| (guest.kernel.as_str(), guest.guest.as_str()) == (kernel, name))
            .map(|guest| counted::figures(&guest.rows))
            .collect();
        let differences = repeats::differences(&of_kind);
        found.extend(
            differences
                .iter()
                .map(|difference| format!("{kernel} {name}: {difference}")),
        );
    }
    found
}

#[cfg(test)]
pub mod tests {
    use super::Report;
    use crate::bench::baseline::Baseline;
    use crate::bench::circumstances::{Circumstances, Host};
    use crate::bench::measured::Measured;
    use crate::bench::measured::tests::measured;

    /// A report of `guests`.
    pub fn report(missing: Vec<String>, guests: Vec<Measured>) -> Report {
        let circumstances = Circumstances {
            date: "2026-11-22T00:00:00Z".into(),
            command: "make bench BENCH=quick".into(),
            qemu: Some("QEMU emulator version 10.0.13".into()),
            host: Host {
                cpu: "Some CPU <at> 2 GHz".into(),
                cpus: 2,
                memory_mib: 24000,
                kernel: "6.1".into(),
                hypervisor: None,
            },
            here: None,
        };
        Report::new(circumstances, 7, missing, guests)
    }

    #[test]
    fn it_is_partial_if_a_guest_is_missing_or_disagrees() {
        let guest = |n, cost: u32| measured("count", n, &format!("# count kmalloc c {cost}\n"));
        let whole = report(vec![], vec![guest(1, 5000), guest(2, 5000)]);
        assert!(!whole.partial && whole.not_repeated.is_empty());
        assert!(report(vec!["count".into()], vec![guest(1, 5000)]).partial);
        let differs = report(vec![], vec![guest(1, 5000), guest(2, 5100)]);
        assert!(differs.partial);
        assert!(
            differs.not_repeated[0].contains("kmalloc C: 5000.0 in one guest and 5100.0"),
            "{:?}",
            differs.not_repeated
        );
    }

    #[test]
    fn the_json_has_all_that_a_reader_needs() {
        let report = report(
            vec![],
            vec![measured("count", 1, "# count PwLock local 19\n")],
        );
        let json: serde_json::Value =
            serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!(json["partial"], false);
        assert_eq!(json["seed"], 7);
        assert_eq!(json["kernels"][0]["release"], "7.2.12+deb13-amd64");
        assert_eq!(json["guests"][0]["clock"], "instructions, emulated");
        assert_eq!(json["sections"][0]["section"], "cost");
        let figure = &json["sections"][0]["series"][0]["figures"][0];
        assert_eq!(
            (&figure["name"], &figure["median"]),
            (&"instructions".into(), &19.0.into())
        );
        assert_eq!(json["published"]["figures"][3]["cycles"], 75);
        for name in ["date", "command", "qemu", "host", "model"] {
            assert!(!json[name].is_null(), "{name}");
        }
    }

    #[test]
    fn a_baseline_has_only_what_make_check_counts_too() {
        let report = report(
            vec![],
            vec![
                measured("count", 1, "# count PwLock local 19\n"),
                measured("kmalloc", 1, "# count kmalloc stock 316\n"),
            ],
        );
        let text = serde_json::to_string(&report.baseline(Baseline::default())).unwrap();
        assert_eq!(text, "{\"7.2.12+deb13-amd64\":{\"PwLock pwlocks 0\":19.0}}");
    }
}
