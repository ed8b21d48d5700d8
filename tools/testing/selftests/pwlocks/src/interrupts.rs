// SPDX-License-Identifier: GPL-2.0

//! The interrupts that a CPU took, by vector: /proc/interrupts.

use crate::{kernel_file, ktap::Trouble};
use std::collections::BTreeMap;

const FILE: &str = "/proc/interrupts";

/// How often each came to one CPU, since it went online, by the names of the file: `LOC`, `RES`; a
/// device's, which has a number there, is called `IRQ` and that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupts(BTreeMap<String, u64>);

impl Interrupts {
    /// Reads those of `cpu`; from another one, which leaves it alone.
    pub fn of(cpu: usize) -> Result<Self, Trouble> {
        let text = kernel_file::read(FILE)?;

        Self::parse(&text, cpu)
            .ok_or_else(|| Trouble::fail(format!("{FILE} has no column of CPU {cpu}: {text}")))
    }

    /// A line of headings, one for each CPU that is online, then a line for each vector: a name, so
    /// many figures, words. A line with fewer figures is about the machine, not about its CPUs.
    fn parse(text: &str, cpu: usize) -> Option<Self> {
        let mut lines = text.lines();
        let headings: Vec<_> = lines.next()?.split_whitespace().collect();
        let column = headings
            .iter()
            .position(|&heading| heading == format!("CPU{cpu}"))?;
        let vector = |line: &str| {
            let (name, rest) = line.split_once(':')?;
            let figures: Vec<u64> = rest
                .split_whitespace()
                .take(headings.len())
                .map_while(|word| word.parse().ok())
                .collect();

            (figures.len() == headings.len()).then(|| (called(name.trim()), figures[column]))
        };
        let vectors: BTreeMap<_, _> = lines.filter_map(vector).collect();

        (!vectors.is_empty()).then_some(Self(vectors))
    }

    /// How often each came since `before`. One that was not there before had come never.
    pub fn since(&self, before: &Self) -> BTreeMap<String, u64> {
        self.0
            .iter()
            .map(|(name, &count)| {
                let earlier = before.0.get(name).copied().unwrap_or(0);
                // A count is 32 bits wide in the kernel.
                let more = (count as u32).wrapping_sub(earlier as u32);
                (name.clone(), more.into())
            })
            .collect()
    }
}

fn called(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("IRQ{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Interrupts;

    const TEXT: &str = "\
           CPU0       CPU2       CPU3\n\
   0:         44          0          7   IO-APIC   2-edge      timer\n\
  24:          0          1          2  PCI-MSI-0000:00:03.0   0-edge  5 words\n\
 NMI:          0          0          0   Non-maskable interrupts\n\
 LOC:       1000       2000 4294967290   Local timer interrupts\n\
 ERR:          0\n\
 MIS:          3   \n\
 XYZ:          3          4  words\n";

    #[test]
    fn the_column_is_the_cpus() {
        let text = |cpu| {
            let interrupts = Interrupts::parse(TEXT, cpu)?;
            let pairs = interrupts.0.iter();
            let words: Vec<_> = pairs
                .map(|(name, count)| format!("{name}={count}"))
                .collect();
            Some(words.join(" "))
        };
        assert_eq!(text(0).as_deref(), Some("IRQ0=44 IRQ24=0 LOC=1000 NMI=0"));
        assert_eq!(
            text(3).as_deref(),
            Some("IRQ0=7 IRQ24=2 LOC=4294967290 NMI=0")
        );
        // It is offline.
        assert_eq!(text(1), None);
    }

    #[test]
    fn what_is_no_table_is_none() {
        assert_eq!(Interrupts::parse("", 0), None);
        assert_eq!(Interrupts::parse("CPU0\n", 0), None);
        assert_eq!(Interrupts::parse("LOC: 3\n", 0), None);
    }

    #[test]
    fn the_difference_takes_a_new_one_and_a_count_that_went_round() {
        let before = Interrupts::parse("CPU0\nLOC: 4294967290 x\nRES: 5 x\n", 0).unwrap();
        let after = Interrupts::parse("CPU0\nLOC: 4 x\nRES: 5 x\nCAL: 2 x\n", 0).unwrap();
        let expected = [("CAL", 2), ("LOC", 10), ("RES", 0)];
        assert_eq!(
            after.since(&before),
            expected
                .map(|(name, count)| (name.to_owned(), count))
                .into()
        );
    }
}
