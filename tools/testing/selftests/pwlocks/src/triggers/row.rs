// SPDX-License-Identifier: GPL-2.0

//! One row of the figures: one trigger with one subject.

use super::trigger::Trigger;
use crate::{demonstration::Micros, works::Works};
use serde::Serialize;

/// What is there to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The kernel as it is, with none of the modules.
    Stock,
    /// The kernel with `mm_swap_live.ko`.
    Live,
}

/// The figures, by the names of build/run.json.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What was measured.
    pub subject: Subject,
    /// The kernel's release.
    pub kernel: String,
    /// `amd64` or `rt-amd64`.
    pub flavour: &'static str,
    /// The mode in force; none with the kernel as it is.
    pub pwlocks: Option<u8>,
    /// What was asked for.
    pub trigger: Trigger,
    /// What came of it.
    #[serde(flatten)]
    pub result: Measured,
}

/// What came of the requests.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// They were made.
    Figures(Figures),
    /// This machine can't do that.
    Skipped {
        /// Why.
        skipped: String,
    },
}

/// The figures of some requests.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Requests made.
    pub drains: usize,
    /// Works of a drain that ran on the isolated CPU: the kernel's, and those of our modules.
    pub works_run_on_isolated_cpu: u64,
    /// All works that ran there.
    pub works_by_function: Works,
    /// Times that other CPUs drained the isolated one, as pwlocks counts it.
    pub remote_drains: Option<u64>,
    /// Times the loop was switched out against its will.
    pub involuntary_switches: u64,
    /// How long a request took its caller.
    pub drain_us: Micros,
    /// The longest time between two turns of the loop.
    pub longest_gap_us: u64,
    /// Pages that the loop touched meanwhile: half of them of a file, half anonymous.
    pub pages_touched: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(result: Measured) -> String {
        serde_json::to_string(&Row {
            subject: Subject::Live,
            kernel: "7.2.12".to_owned(),
            flavour: "amd64",
            pwlocks: Some(1),
            trigger: Trigger::DropCaches,
            result,
        })
        .expect("JSON")
    }

    const START: &str = r#"{"subject":"live","kernel":"7.2.12","flavour":"amd64","pwlocks":1,"trigger":"drop_caches","#;

    #[test]
    fn names() {
        let figures = Figures {
            drains: 10,
            works_run_on_isolated_cpu: 0,
            works_by_function: [("vmstat_update".to_owned(), 2)].into(),
            remote_drains: Some(9),
            involuntary_switches: 2,
            drain_us: Micros {
                p50: 5,
                p99: 6,
                max: 7,
            },
            longest_gap_us: 3,
            pages_touched: 44,
        };
        let rest =
            r#""drains":10,"works_run_on_isolated_cpu":0,"works_by_function":{"vmstat_update":2},"#
                .to_owned()
                + r#""remote_drains":9,"involuntary_switches":2,"drain_us":{"p50":5,"p99":6,"max":7},"#
                + r#""longest_gap_us":3,"pages_touched":44}"#;
        assert_eq!(row(Measured::Figures(figures)), START.to_owned() + &rest);
    }

    #[test]
    fn what_cannot_be_done() {
        let skipped = Measured::Skipped {
            skipped: "one node".to_owned(),
        };
        assert_eq!(row(skipped), START.to_owned() + r#""skipped":"one node"}"#);
    }
}
