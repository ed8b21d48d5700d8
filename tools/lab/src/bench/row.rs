// SPDX-License-Identifier: GPL-2.0

//! A measurement as a guest prints it, whatever its section.

use serde::{Deserialize, Serialize};

use crate::bench::alternative::Alternative;
use crate::bench::cost::Cost;
use crate::bench::hold::Hold;
use crate::bench::interference::Interference;
use crate::bench::latency::Latency;
use crate::bench::oslat::Oslat;
use crate::bench::osnoise::Osnoise;
use crate::bench::per_trigger;
use crate::bench::scale::Scale;
use crate::bench::timerlat::Timerlat;

/// How the lines of rows begin.
const START: &str = "{\"bench\":";

/// One line of a guest program.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "bench", rename_all = "lowercase")]
pub enum Row {
    /// What an operation costs.
    Cost(Cost),
    /// How long a lock is held.
    Hold(Hold),
    /// What else could be done.
    Alternative(Alternative),
    /// What the number of CPUs does to a drain.
    Scale(Scale),
    /// How long one waits for a drain.
    Latency(Latency),
    /// What the isolated CPU suffers.
    Interference(Interference),
    /// The gaps that a task sees there.
    Oslat(Oslat),
    /// The same by the kernel's own account.
    Osnoise(Osnoise),
    /// How late a timer is there.
    Timerlat(Timerlat),
}

/// A part of the report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// What an operation costs.
    Cost,
    /// What the isolated CPU suffers.
    Interference,
    /// The gaps that a task sees there.
    Oslat,
    /// The same by the kernel's own account.
    Osnoise,
    /// How late a timer is there.
    Timerlat,
    /// How long one waits for a drain.
    Latency,
    /// What the number of CPUs does to a drain.
    Scale,
    /// How long a lock is held.
    Hold,
    /// What else could be done.
    Alternative,
}

/// A named number.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is, with its unit.
    pub name: String,
    /// The number.
    pub value: f64,
}

impl Figure {
    /// `value`, called `name`.
    pub fn new(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
        }
    }
}

impl Section {
    /// All, in the order of the report.
    pub const ALL: [Self; 9] = [
        Self::Cost,
        Self::Interference,
        Self::Oslat,
        Self::Osnoise,
        Self::Timerlat,
        Self::Latency,
        Self::Scale,
        Self::Hold,
        Self::Alternative,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cost => "Cost per operation",
            Self::Interference => "Interference on the isolated CPU",
            Self::Oslat => "Gaps of a task on the isolated CPU, by oslat",
            Self::Osnoise => "Noise on the isolated CPU, by the kernel's account",
            Self::Timerlat => "Lateness of a timer on the isolated CPU",
            Self::Latency => "Latency of the requester",
            Self::Scale => "Scale",
            Self::Hold => "Lock hold",
            Self::Alternative => "Alternatives",
        }
    }

    /// What its figures are; `is_here` if they are those of the machine itself.
    pub fn about(self, is_here: bool) -> &'static str {
        match self {
            Self::Cost if is_here => {
                "Cycles of the time-stamp counter for one kmalloc() or kfree(), or both: as the kernel is, and \
                 with pwlocks.ko, which does not change them, in the mode that the number is."
            }
            Self::Scale if is_here => {
                "A drain of all CPUs of this machine by what is in their batches: how long it takes the one \
                 who asks for it, and how many works run for it on all CPUs together."
            }
            Self::Cost => {
                "Instructions of one operation, system call and all where it is one; locks: lock, \
                 touch what it protects, unlock. Counted, on one CPU. Live: the running kernel's own \
                 batches with mm_swap_live.ko; pwlocks: with pwlocks.ko alone, which does not change \
                 kmalloc(); C: a lock of the kernel's. The number is the mode. What an operation \
                 takes differs from boot to boot by a few instructions (lru_add_drain by thousands); \
                 the difference to stock within a guest does not."
            }
            Self::Interference => {
                "What the isolated CPU suffers while others make 1,000 requests: works that run on \
                 it, times its task is switched out, interrupts by kind; and the longest times in \
                 which the task there stood still. With none, nobody asked for anything for as long: \
                 what is seen then has other causes."
            }
            Self::Oslat => {
                "How long a task that does nothing but look at the clock (oslat of rt-tests, SCHED_FIFO) \
                 did not run on the isolated CPU while others made requests: the longest gap, and how many \
                 there were per 1,000 requests that were at least as long. Before each request another \
                 process there touches pages, for there to be something to drain: its gaps are in all rows, \
                 and the only ones with none. Where the guest is emulated most gaps are the emulator's: \
                 they say something against each other at best, and nothing is tested by them."
            }
            Self::Osnoise => {
                "How often and for how long something else had the isolated CPU than its task, per \
                 1,000 requests of others: threads, interrupts, softirqs and NMIs, as the osnoise \
                 tracer has it, which only the PREEMPT_RT kernels are built with."
            }
            Self::Timerlat => {
                "How late the interrupt of a timer came on the isolated CPU, which was set every \
                 millisecond, and the SCHED_FIFO thread that it wakes ran, while others made requests: the \
                 longest, the mean, and how many of 1,000 were at least as late, by the timerlat \
                 tracer, which only the PREEMPT_RT kernels are built with. Where the guest is emulated, \
                 most of it is the emulator's: it says something against each other at best, and nothing is \
                 tested by it."
            }
            Self::Latency => {
                "How long a drain of all CPUs takes the one who asks for it, by what the isolated \
                 CPU is doing. Where drains did not end, the guest stopped waiting: a percentile that \
                 would be one of those is not known, and has no figure."
            }
            Self::Scale => {
                "A drain of all CPUs by their number and by what is in their batches. Counted: one \
                 clock counts the instructions of all CPUs, which take turns, so that the time of a \
                 drain is what all CPUs do for it and not how long it would take side by side."
            }
            Self::Hold => {
                "Instructions for which a drain holds the lock of another CPU's full batch of 30 \
                 folios: they are taken out under it and moved without it, or, as in the C series, \
                 moved under it."
            }
            Self::Alternative => {
                "What can be done about the batches of an isolated CPU, on the same kernel and with the same \
                 requests: have it run a work (workqueue, the kernel as it is); drain it from elsewhere \
                 (remote, mm_swap_live with pwlocks=1); leave no folio in its batches (bypass); not drain \
                 it (skip). A request keeps the promise of a drain of all CPUs if it leaves no page behind. \
                 Bypass replaces what fills the batches, which is not done on PREEMPT_RT. Counted."
            }
        }
    }

    /// Names of its rows' labels.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Interference | Self::Oslat | Self::Osnoise | Self::Timerlat => {
                per_trigger::COLUMNS
            }
            Self::Cost => Cost::COLUMNS,
            Self::Latency => Latency::COLUMNS,
            Self::Scale => Scale::COLUMNS,
            Self::Hold => Hold::COLUMNS,
            Self::Alternative => Alternative::COLUMNS,
        }
    }
}

impl Row {
    /// The rows among a program's output.
    pub fn find(lines: &[String]) -> Result<Vec<Self>, String> {
        let rows = lines.iter().filter(|line| line.starts_with(START));
        rows.map(|row| serde_json::from_str(row).map_err(|error| format!("{error} in {row}")))
            .collect()
    }

    /// Where it belongs.
    pub fn section(&self) -> Section {
        match self {
            Self::Cost(_) => Section::Cost,
            Self::Hold(_) => Section::Hold,
            Self::Alternative(_) => Section::Alternative,
            Self::Scale(_) => Section::Scale,
            Self::Latency(_) => Section::Latency,
            Self::Interference(_) => Section::Interference,
            Self::Oslat(_) => Section::Oslat,
            Self::Osnoise(_) => Section::Osnoise,
            Self::Timerlat(_) => Section::Timerlat,
        }
    }

    /// What tells it from others of its section, in the order of [`Section::columns`].
    pub fn labels(&self) -> Vec<String> {
        match self {
            Self::Cost(row) => row.labels(),
            Self::Hold(row) => row.labels(),
            Self::Alternative(row) => row.labels(),
            Self::Scale(row) => row.labels(),
            Self::Latency(row) => row.labels(),
            Self::Interference(row) => row.labels(),
            Self::Oslat(row) => row.labels(),
            Self::Osnoise(row) => row.labels(),
            Self::Timerlat(row) => row.labels(),
        }
    }

    /// What was measured.
    pub fn figures(&self) -> Vec<Figure> {
        match self {
            Self::Cost(row) => row.figures(),
            Self::Hold(row) => row.figures(),
            Self::Alternative(row) => row.figures(),
            Self::Scale(row) => row.figures(),
            Self::Latency(row) => row.figures(),
            Self::Interference(row) => row.figures(),
            Self::Oslat(row) => row.figures(),
            Self::Osnoise(row) => row.figures(),
            Self::Timerlat(row) => row.figures(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Section};

    fn rows(text: &str) -> Result<Vec<Row>, String> {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        Row::find(&lines)
    }

    #[test]
    fn a_line_for_each_section() {
        let found = rows(
            "# noise\n\
             {\"bench\":\"cost\",\"operation\":\"mlock\",\"subject\":\"live\",\"pwlocks\":1,\"instructions\":2503.3,\"atomics\":null}\n\
             {\"bench\":\"hold\",\"way\":\"taken_out\",\"longest\":147,\"mean\":148.5,\"tries\":8}\n\
             {\"bench\":\"scale\",\"cpus\":2,\"fill\":\"full\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":5,\"works\":5,\"work\":9.5,\"times_ns\":[]}\n\
             {\"bench\":\"latency\",\"isolated\":\"idle\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":1,\"times_ns\":[5],\"unfinished\":0}\n\
             {\"bench\":\"interference\",\"trigger\":\"fadvise\",\"subject\":\"live\",\"pwlocks\":0,\"drains\":1,\"works_by_function\":{},\"involuntary_switches\":0,\"interrupts\":{\"LOC\":1},\"gaps_ns\":[]}\n\
             {\"bench\":\"oslat\",\"trigger\":\"fadvise\",\"subject\":\"live\",\"pwlocks\":1,\"drains\":1,\"works\":0,\"max_us\":77,\"histogram_us\":[[0,9],[70,1]],\"measured_s\":1.5,\"seconds\":1.4}\n\
             {\"bench\":\"timerlat\",\"trigger\":\"none\",\"subject\":\"stock\",\"pwlocks\":null,\"drains\":1,\"works\":0,\"interrupt\":{\"avg_us\":1,\"max_us\":7,\"histogram_us\":[[0,9]]},\"thread\":{\"avg_us\":1,\"max_us\":7,\"histogram_us\":[[0,9]]}}\n\
             {\"bench\":\"alternative\",\"alternative\":\"skip\",\"isolated_per_page\":9.5,\"elsewhere_per_page\":9.5,\"requests\":1,\"touched\":30,\"waiting\":30,\"left\":30,\"works\":0,\"request\":7.0}\n\
             ok 1 - done\n",
        )
        .unwrap();
        let sections: Vec<_> = found.iter().map(Row::section).collect();
        assert_eq!(
            sections,
            [
                Section::Cost,
                Section::Hold,
                Section::Scale,
                Section::Latency,
                Section::Interference,
                Section::Oslat,
                Section::Timerlat,
                Section::Alternative
            ]
        );
        for row in &found {
            assert_eq!(row.labels().len(), row.section().columns().len());
            assert!(!row.figures().is_empty());
            let again: Row = serde_json::from_str(&serde_json::to_string(row).unwrap()).unwrap();
            assert_eq!(again, *row);
        }
        assert_eq!(found[0].labels(), ["mlock", "live 1"]);
        assert_eq!(found[0].figures().len(), 1, "atomics were not counted");
    }

    #[test]
    fn a_row_that_is_none_is_an_error() {
        for text in [
            "{\"bench\":\"weight\",\"operation\":\"mlock\"}",
            "{\"bench\":\"hold\",\"way\":\"locked\"}",
            "{\"bench\":",
        ] {
            assert!(rows(text).unwrap_err().contains(text), "{text}");
        }
        assert!(rows("nothing\n").unwrap().is_empty());
    }
}
