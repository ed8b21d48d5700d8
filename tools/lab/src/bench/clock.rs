// SPDX-License-Identifier: GPL-2.0

//! What the figures of a guest are: never to be mixed with those of another kind.

use serde::{Deserialize, Serialize};

use crate::accel::Accel;
use crate::bench::row::Row;

/// How a guest's clock runs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Clock {
    /// QEMU's `-icount`: by one per instruction.
    #[serde(rename = "instructions, emulated")]
    Counted,
    /// With the host's, while QEMU emulates the guest's CPUs.
    #[serde(rename = "times, emulated")]
    Emulated,
    /// With the host's, whose CPUs the guest runs on.
    #[serde(rename = "times, KVM")]
    Kvm,
    /// There is no guest: the clock is that of the machine itself.
    #[serde(rename = "times, this machine")]
    Here,
}

impl Clock {
    /// That of a guest with `accel`.
    pub fn of(accel: Accel) -> Self {
        match accel {
            Accel::Icount => Self::Counted,
            Accel::Tcg => Self::Emulated,
            Accel::Kvm => Self::Kvm,
        }
    }

    /// As the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counted => "instructions, emulated",
            Self::Emulated => "times, emulated",
            Self::Kvm => "times, KVM",
            Self::Here => "times, this machine",
        }
    }

    /// Gives `rows` back if their figures are of this clock: instructions are counted by one that counts
    /// them, and cycles are those of a real machine.
    pub fn admit(self, rows: Vec<Row>) -> Result<Vec<Row>, String> {
        for row in &rows {
            let (instructions, cycles) = match row {
                Row::Cost(row) => (row.instructions.is_some(), row.cycles.is_some()),
                Row::Scale(row) => (row.work.is_some(), row.cycles.is_some()),
                _ => continue,
            };
            let foreign = match self {
                Self::Counted => cycles.then_some("cycles"),
                Self::Emulated | Self::Kvm => None,
                Self::Here => instructions.then_some("instructions"),
            };
            if let Some(foreign) = foreign {
                let what = row.labels().join(" ");
                return Err(format!("{what}: {foreign} among {}", self.name()));
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use crate::bench::row::Row;

    #[test]
    fn it_is_called_the_same_in_both_reports() {
        for clock in [Clock::Counted, Clock::Emulated, Clock::Kvm, Clock::Here] {
            let text = serde_json::to_string(&clock).unwrap();
            assert_eq!(text, format!("\"{}\"", clock.name()));
        }
    }

    #[test]
    fn cycles_and_instructions_are_not_taken_for_each_other() {
        let rows = |figure: &str| {
            let line = format!(
                "{{\"bench\":\"cost\",\"operation\":\"a\",\"subject\":\"stock\",\"pwlocks\":null,\
                 \"instructions\":null,\"atomics\":null,{figure}:7.0}}"
            );
            Row::find(&[line.replace(&format!("{figure}:null,"), "")]).unwrap()
        };
        let (cycles, instructions) = (rows("\"cycles\""), rows("\"instructions\""));
        assert!(Clock::Here.admit(cycles.clone()).is_ok());
        assert!(Clock::Counted.admit(instructions.clone()).is_ok());
        let error = Clock::Counted.admit(cycles).unwrap_err();
        assert!(error.contains("a stock: cycles"), "{error}");
        assert!(Clock::Here.admit(instructions).is_err());
    }
}
