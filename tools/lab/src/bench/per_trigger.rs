// SPDX-License-Identifier: GPL-2.0

//! What the isolated CPU is seen to suffer from requests made elsewhere, in whatever way it is looked at.

use serde::{Deserialize, Serialize};

use crate::bench::row::Figure;
use crate::bench::subject::Subject;

/// Counts are given for so many requests.
const REQUESTS: f64 = 1000.0;

/// Names of what [`PerTrigger::labels`] gives.
pub const COLUMNS: &[&str] = &["trigger", "subject"];

/// Requests of one kind, with one subject, and what was `Seen` meanwhile.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PerTrigger<Seen> {
    /// The kind of request.
    pub trigger: String,
    /// What was loaded.
    #[serde(flatten)]
    pub subject: Subject,
    /// Requests made.
    pub drains: u64,
    /// What was seen.
    #[serde(flatten)]
    pub seen: Seen,
}

impl<Seen> PerTrigger<Seen> {
    /// What tells this row from others.
    pub fn labels(&self) -> Vec<String> {
        vec![self.trigger.clone(), self.subject.to_string()]
    }

    /// What `count` is for 1,000 requests.
    pub fn per_thousand(&self, count: u64) -> f64 {
        count as f64 * REQUESTS / self.drains.max(1) as f64
    }

    /// A figure that is a count, for 1,000 requests.
    pub fn count(&self, name: &str, count: u64) -> Figure {
        Figure::new(name, self.per_thousand(count))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{COLUMNS, PerTrigger};

    #[derive(Deserialize)]
    struct Nothing {}

    fn of(drains: u64) -> PerTrigger<Nothing> {
        let line = format!(
            "{{\"trigger\":\"fadvise\",\"subject\":\"live\",\"pwlocks\":1,\"drains\":{drains},\"seconds\":1.5}}"
        );
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn no_request_is_no_reason_to_divide_by_it() {
        assert_eq!(of(20).per_thousand(3), 150.0);
        assert_eq!(of(0).per_thousand(0), 0.0);
    }

    #[test]
    fn rows_are_told_apart_by_what_was_asked_and_of_whom() {
        assert_eq!(of(1).labels(), ["fadvise", "live 1"]);
        assert_eq!(of(1).labels().len(), COLUMNS.len());
    }
}
