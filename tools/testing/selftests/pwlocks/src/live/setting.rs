// SPDX-License-Identifier: GPL-2.0

//! The states in which the kernel is tested.

use super::{MODULE, Replaced};
use crate::{
    doing::Doing as _,
    ensure,
    flipper::Flipper,
    ktap::{Trouble, Verdict},
    module::{self, Module},
    random,
};
use std::fmt;

/// The longest time in one mode while it is switched to and fro, in milliseconds.
const FLIP_MS: u64 = 100;

/// Who drains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The kernel, without any module.
    Stock,
    /// The kernel, with the modules loaded and the switch off.
    Off,
    /// mm_swap_live.
    On,
    /// Now the one, now the other.
    Flipping,
}

impl Setting {
    /// All, the stock kernel first: the others are compared with it.
    pub const ALL: [Self; 4] = [Self::Stock, Self::Off, Self::On, Self::Flipping];

    /// Loads what it takes, nothing of it being there yet.
    pub fn apply(self) -> Result<Applied, Trouble> {
        if module::is_loaded("pwlocks") || module::is_loaded(MODULE) {
            return Err(Trouble::skip(
                "pwlocks is loaded already; unload it and its users first",
            ));
        }
        let mut applied = Applied {
            setting: self,
            flipper: None,
            live: None,
            pwlocks: None,
        };
        if self != Self::Stock {
            let mode = if self == Self::Off { "0" } else { "1" };
            applied.pwlocks = Some(Module::need("pwlocks", &format!("pwlocks={mode}"))?);
            applied.live = Some(Module::need(MODULE, "")?);
        }
        if self == Self::Flipping {
            let rng = random::source(random::seed(), 0);
            applied.flipper = Some(Flipper::begin(FLIP_MS, rng)?);
        }
        Ok(applied)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stock => "stock",
            Self::Off => "live, off",
            Self::On => "live, on",
            Self::Flipping => "live, flipping",
        })
    }
}

/// A setting that holds until this value is gone.
#[derive(Debug)]
pub struct Applied {
    setting: Setting,
    // In this order: each needs the next.
    flipper: Option<Flipper>,
    live: Option<Module>,
    pwlocks: Option<Module>,
}

impl Applied {
    /// Checks that the kernel sees it the same way.
    pub fn check(&self) -> Verdict {
        match self.setting {
            Setting::Stock | Setting::Off => {
                let replaced = Replaced::now()?;
                ensure!(replaced.is_empty(), "replaced while off: {replaced:?}");
                Ok(())
            }
            Setting::On => Replaced::is_complete(),
            // Whatever it is, it is something else soon.
            Setting::Flipping => Ok(()),
        }
    }

    /// Undoes it, and says how often it was switched over or back meanwhile.
    pub fn end(mut self) -> Result<u64, Trouble> {
        let mut flips = 0;

        if let Some(flipper) = self.flipper.take() {
            flips = flipper.end()?;
        }
        for module in [self.live.take(), self.pwlocks.take()]
            .into_iter()
            .flatten()
        {
            module.unload().doing("rmmod")?;
        }
        let replaced = Replaced::now()?;
        ensure!(
            replaced.is_empty(),
            "still replaced after rmmod: {replaced:?}"
        );
        Ok(flips)
    }
}
