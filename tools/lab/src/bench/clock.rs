// SPDX-License-Identifier: GPL-2.0

//! What the figures of a guest are: never to be mixed with those of another kind.

use serde::{Deserialize, Serialize};

use crate::accel::Accel;

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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn it_is_called_the_same_in_both_reports() {
        for clock in [Clock::Counted, Clock::Emulated, Clock::Kvm] {
            let text = serde_json::to_string(&clock).unwrap();
            assert_eq!(text, format!("\"{}\"", clock.name()));
        }
    }
}
