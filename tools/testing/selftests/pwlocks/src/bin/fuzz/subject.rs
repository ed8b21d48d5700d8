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

    /// Chooses one. An ioctl is done at once; to load a module takes hundreds of times as long, which
    /// the files need once in an episode, and switching the mode tens of times.
    pub(crate) fn choose(rng: &mut Rng) -> Self {
        match rng.u32(..100) {
            0..86 => Self::Ioctl,
            86..92 => Self::Parameter,
            92..97 => Self::File,
            _ => Self::Loading,
        }
    }

    /// How many inputs an episode has.
    pub(crate) fn inputs(self) -> u64 {
        match self {
            Self::Ioctl => 500,
            Self::Parameter => 100,
            Self::File => 1000,
            Self::Loading => 4,
        }
    }
}
