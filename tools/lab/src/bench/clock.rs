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
}
