// SPDX-License-Identifier: GPL-2.0

//! What several guests that do the same measured, as one.

use serde::Serialize;

use crate::bench::clock::Clock;
use crate::bench::measured::Measured;
use crate::bench::row::{Figure, Row, Section};
use crate::bench::statistics::Spread;
use crate::bench::subject::{self, Subject};

/// The figures of rows with the same labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// The kernel's release.
    pub kernel: String,
    /// What the figures are.
    pub clock: Clock,
    /// What tells it from others, in the order of [`Section::columns`].
    pub labels: Vec<String>,
    /// The figures.
    pub figures: Vec<Known>,
}

/// A figure of several guests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// What it is, with its unit.
    pub name: String,
    /// What it came to.
    #[serde(flatten)]
    pub spread: Spread,
}

impl Series {
    /// The figure called `name`.
    pub fn figure(&self, name: &str) -> Option<Spread> {
        let known = self.figures.iter().find(|known| known.name == name);
        known.map(|known| known.spread)
    }

    /// What it is of, whatever was loaded.
    fn thing(&self) -> &[String] {
        self.labels.split_last().map_or(&[], |(_, before)| before)
    }

    /// What was loaded, or what lock it is.
    pub fn subject(&self) -> Option<&str> {
        self.labels.last().map(String::as_str)
    }
}

/// A figure that is held against the stock kernel's of the same guest: what differs between boots
/// and runs does not come into it.
enum Against {
    /// By how much it is more, of the first of these that there is.
    Difference([&'static str; 2], &'static str),
    /// How many times as much it is.
    Ratio(&'static str, &'static str),
}

impl Against {
    fn of(section: Section) -> Option<Self> {
        match section {
            Section::Cost => Some(Self::Difference(
                ["instructions", "cycles"],
                "more than stock",
            )),
            Section::Latency => Some(Self::Ratio("p50 us", "p50, times stock's")),
            Section::Scale => Some(Self::Ratio(
                "instructions of all CPUs per drain",
                "instructions, times stock's",
            )),
            Section::Interference
            | Section::Oslat
            | Section::Osnoise
            | Section::Timerlat
            | Section::Hold
            | Section::Alternative => None,
        }
    }

    /// The figure for `row`, one of `rows` of a guest.
    fn figure(&self, row: &Row, rows: &[Row]) -> Option<Figure> {
        let mut labels = row.labels();
        let subject = Subject::stock().to_string();
        let own = std::mem::replace(labels.last_mut()?, subject.clone());
        if own == subject {
            return None;
        }
        let section = row.section();
        let stock = rows
            .iter()
            .find(|other| other.section() == section && other.labels() == labels)?;
        let value = |row: &Row, name| {
            let figures = row.figures().into_iter();
            figures
                .filter(|figure| figure.name == name)
                .map(|figure| figure.value)
                .next()
        };
        match *self {
            Self::Difference(of, name) => {
                let mut differences = of
                    .into_iter()
                    .filter_map(|of| Some(value(row, of)? - value(stock, of)?));
                let more = differences.next()?;
                // Both have a decimal or two; more would be the subtraction's doing.
                Some(Figure::new(name, (more * 1000.0).round() / 1000.0))
            }
            Self::Ratio(of, name) => {
                let stock = value(stock, of).filter(|stock| *stock > 0.0)?;
                Some(Figure::new(name, value(row, of)? / stock))
            }
        }
    }
}

/// Figures by name, in the order in which they came.
type Collected = Vec<(String, Vec<f64>)>;

/// All rows of `section`, those of guests that do the same together.
pub fn of(section: Section, measured: &[Measured]) -> Vec<Series> {
    let mut collected: Vec<(String, Clock, Vec<String>, Collected)> = Vec::new();
    let against = Against::of(section);
    for guest in measured {
        for row in guest.rows.iter().filter(|row| row.section() == section) {
            let key = (&guest.kernel, guest.clock, row.labels());
            let place = collected
                .iter()
                .position(|(kernel, clock, labels, _)| {
                    (kernel, *clock, labels) == (key.0, key.1, &key.2)
                })
                .unwrap_or_else(|| {
                    collected.push((key.0.clone(), key.1, key.2.clone(), Vec::new()));
                    collected.len() - 1
                });
            let values = &mut collected[place].3;
            let compared = against.as_ref();
            let compared = compared.and_then(|against| against.figure(row, &guest.rows));
            for figure in row.figures().into_iter().chain(compared) {
                match values.iter_mut().find(|(name, _)| *name == figure.name) {
                    Some((_, values)) => values.push(figure.value),
                    None => values.push((figure.name, vec![figure.value])),
                }
            }
        }
    }
    let series = collected
        .into_iter()
        .map(|(kernel, clock, labels, values)| Series {
            kernel,
            clock,
            labels,
            figures: values
                .into_iter()
                .filter_map(|(name, values)| {
                    let spread = Spread::of(&values)?;
                    Some(Known { name, spread })
                })
                .collect(),
        });
    in_order(series.collect())
}

/// Those of the same thing beside each other, in the order of subjects: guests have them in different ones.
fn in_order(all: Vec<Series>) -> Vec<Series> {
    let mut things: Vec<Vec<Series>> = Vec::new();
    for one in all {
        let of_it = |other: &Series| {
            (&other.kernel, other.clock, other.thing()) == (&one.kernel, one.clock, one.thing())
        };
        match things.iter_mut().find(|of| of.iter().any(of_it)) {
            Some(of) => of.push(one),
            None => things.push(vec![one]),
        }
    }
    for of in &mut things {
        of.sort_by_key(|series| series.subject().map(subject::place));
    }
    things.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::bench::clock::Clock;
    use crate::bench::measured::tests::measured;
    use crate::bench::row::Section;

    #[test]
    fn guests_that_do_the_same_become_one_row() {
        let text = |live: &str| format!("# count mlock stock 2485.0\n# count mlock live1 {live}\n");
        let guests = [
            measured("live-count", 1, &text("2503.0")),
            measured("live-count", 2, &text("2505.0")),
        ];
        let series = of(Section::Cost, &guests);
        assert_eq!(series.len(), 2);
        let live = &series[1];
        assert_eq!(
            (live.labels.join(" "), live.subject()),
            ("mlock live 1".into(), Some("live 1"))
        );
        let spread = live.figure("instructions").unwrap();
        assert_eq!(
            (spread.min, spread.median, spread.max),
            (2503.0, 2504.0, 2505.0)
        );
        assert_eq!(live.figure("more than stock").unwrap().median, 19.0);
        assert_eq!(series[0].figure("more than stock"), None);
        assert!(of(Section::Scale, &guests).is_empty());
    }

    #[test]
    fn emulated_times_and_others_stay_apart() {
        let text = "{\"bench\":\"latency\",\"isolated\":\"idle\",\"subject\":\"stock\",\"pwlocks\":null,\
                    \"drains\":1,\"times_ns\":[4000],\"unfinished\":0}\n\
                    {\"bench\":\"latency\",\"isolated\":\"idle\",\"subject\":\"live\",\"pwlocks\":1,\
                    \"drains\":1,\"times_ns\":[1000],\"unfinished\":0}\n";
        let mut guests = [measured("latency", 1, text), measured("latency", 2, text)];
        guests[0].clock = Clock::Emulated;
        guests[1].clock = Clock::Kvm;
        let series = of(Section::Latency, &guests);
        assert_eq!(series.len(), 4);
        assert_eq!(series[1].figure("p50, times stock's").unwrap().median, 0.25);
        assert!(series.iter().all(|row| row.figures[0].spread.guests == 1));
    }

    #[test]
    fn subjects_are_beside_each_other_in_the_same_order_whatever_guests_had() {
        let row = |trigger: &str, subject: &str, mode: &str| {
            format!(
                "{{\"bench\":\"interference\",\"trigger\":\"{trigger}\",\"subject\":\"{subject}\",\"pwlocks\":{mode},\
                 \"drains\":1,\"works_by_function\":{{}},\"involuntary_switches\":0,\"interrupts\":{{}}}}\n"
            )
        };
        let mut text = String::new();
        for (subject, mode) in [("live", "1"), ("live", "0"), ("stock", "null")] {
            text += &(row("fadvise", subject, mode) + &row("compact", subject, mode));
        }
        let series = of(Section::Interference, &[measured("isolated", 1, &text)]);
        let labels: Vec<_> = series.iter().map(|one| one.labels.join(" ")).collect();
        assert_eq!(
            labels,
            [
                "fadvise stock",
                "fadvise live 0",
                "fadvise live 1",
                "compact stock",
                "compact live 0",
                "compact live 1"
            ]
        );
    }
}
