// SPDX-License-Identifier: GPL-2.0

//! What a program that looks at requests prints of those of one kind, with one subject.

use super::{Asked, Subject, name};
use crate::triggers::Measurement;
use serde::Serialize;

/// By the names of the JSON lines.
#[derive(Debug, Serialize)]
pub(super) struct Row<F> {
    trigger: &'static str,
    #[serde(flatten)]
    subject: Subject,
    /// Requests made; without any, so many times it was waited for as it is before each.
    drains: usize,
    #[serde(flatten)]
    figures: F,
    /// All of it, with the time that the loop was left to touch new pages.
    seconds: f64,
}

impl<F> Row<F> {
    /// Of what was measured.
    pub(super) fn new(
        asked: Asked,
        subject: Subject,
        measurement: &Measurement,
        figures: F,
    ) -> Self {
        Self {
            trigger: name(asked),
            subject,
            drains: measurement.times.len(),
            figures,
            seconds: measurement.took.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Row, Subject};
    use crate::triggers::{Measurement, Trigger};
    use serde::Serialize;
    use std::time::Duration;

    #[derive(Serialize)]
    struct Figures {
        works: u64,
    }

    fn line(asked: Asked) -> String {
        let measurement = Measurement {
            times: vec![Duration::from_nanos(7)],
            took: Duration::from_millis(1500),
            ..Measurement::default()
        };
        let figures = Figures { works: 3 };
        let row = Row::new(asked, Subject::STOCK, &measurement, figures);
        serde_json::to_string(&row).expect("JSON")
    }

    #[test]
    fn the_figures_are_between_what_they_are_of_and_how_long_it_took() {
        assert_eq!(
            line(Some(Trigger::DropCaches)),
            r#"{"trigger":"drop_caches","subject":"stock","pwlocks":null,"drains":1,"works":3,"seconds":1.5}"#
        );
    }

    #[test]
    fn no_request_has_a_name() {
        assert!(line(None).starts_with(r#"{"trigger":"none","subject":"stock","#));
    }
}
