// SPDX-License-Identifier: GPL-2.0

//! How late something was, as the tracer's samples tell.

use selftests::ktap::Trouble;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// The interrupt of the timer.
    Interrupt,
    /// The thread that it wakes.
    Thread,
}

impl Context {
    /// As the tracer names it.
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "irq",
            Self::Thread => "thread",
        }
    }
}

/// How wide a class of times is.
const WIDTH_US: u64 = 10;

/// Since when it should have been there, by the names of the JSON lines.
#[derive(Debug, PartialEq, Serialize)]
pub struct Lateness {
    avg_us: u64,
    max_us: u64,
    /// The time at which a class begins, and how many there were.
    histogram_us: Vec<(u64, u64)>,
}

impl Lateness {
    /// By the `samples` of one context. An error if there are none.
    pub fn of(samples: &[String], context: Context) -> Result<Self, Trouble> {
        let times: Vec<u64> = samples
            .iter()
            .filter_map(|sample| nanoseconds(sample, context))
            .map(|ns| ns / 1000)
            .collect();
        let Some(&max_us) = times.iter().max() else {
            let name = context.name();
            return Err(format!("the tracer has no sample of a timer's {name}").into());
        };
        let mut classes = BTreeMap::new();

        for time in &times {
            *classes.entry(time / WIDTH_US * WIDTH_US).or_default() += 1;
        }
        Ok(Self {
            avg_us: times.iter().sum::<u64>() / times.len() as u64,
            max_us,
            histogram_us: classes.into_iter().collect(),
        })
    }
}

/// The nanoseconds of a sample, `… #7 context thread timer_latency 11700 ns`, if it is of `context`.
fn nanoseconds(sample: &str, context: Context) -> Option<u64> {
    let (before, after) = sample.split_once(" timer_latency ")?;

    (before.split_whitespace().last()? == context.name())
        .then(|| after.split_whitespace().next()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{Context, Lateness};

    fn samples() -> Vec<String> {
        [
            "  loop-7   [003] d.h1.  54.029328: #1     context    irq timer_latency       932 ns",
            "  timerlat/3-867 [003] .....  54.029339: #1     context thread timer_latency     11700 ns",
            "  loop-7   [003] d.h1.  54.030328: #2     context    irq timer_latency      3932 ns",
            "  timerlat/3-867 [003] .....  54.030339: #2     context thread timer_latency   1234567 ns",
            "  loop-7   [003] d.h1.  54.031328: #3     context    irq timer_latency     13000 ns",
        ]
        .map(str::to_owned)
        .into()
    }

    #[test]
    fn each_context_has_its_samples() {
        let lateness = |context| Lateness::of(&samples(), context).expect("samples");
        let json = |context| serde_json::to_string(&lateness(context)).expect("JSON");
        assert_eq!(
            json(Context::Interrupt),
            r#"{"avg_us":5,"max_us":13,"histogram_us":[[0,2],[10,1]]}"#
        );
        assert_eq!(
            json(Context::Thread),
            r#"{"avg_us":622,"max_us":1234,"histogram_us":[[10,1],[1230,1]]}"#
        );
    }

    #[test]
    fn nothing_is_no_lateness() {
        assert!(Lateness::of(&[], Context::Thread).is_err());
        assert!(Lateness::of(&samples()[..1], Context::Thread).is_err());
    }
}
