// SPDX-License-Identifier: GPL-2.0

//! What an episode is about.

use fastrand::Rng;

/// What user space can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The demo's ioctls.
    Ioctl,
    /// The parameter of pwlocks in sysfs.
    Parameter,
    /// Files, those in debugfs and others.
    File,
    /// The parameters that modules are loaded with.
    Loading,
}

impl Subject {
    pub(crate) const ALL: [Self; 4] = [Self::Ioctl, Self::Parameter, Self::File, Self::Loading];

    /// Chooses one. An ioctl is done at once; to load a module takes hundreds of times as long, and
    /// so does switching the mode.
    pub(crate) fn choose(rng: &mut Rng) -> Self {
        match rng.u32(..20) {
            0..12 => Self::Ioctl,
            12..15 => Self::Parameter,
            15..19 => Self::File,
            _ => Self::Loading,
        }
    }

    /// How many inputs an episode has.
    pub(crate) fn inputs(self) -> u64 {
        match self {
            Self::Ioctl => 200,
            Self::Parameter => 20,
            Self::File => 100,
            Self::Loading => 4,
        }
    }
}
