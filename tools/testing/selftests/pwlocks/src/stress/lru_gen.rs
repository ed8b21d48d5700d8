// SPDX-License-Identifier: GPL-2.0

//! The multi-generational LRU, off and on: every page on a list goes to another one.

use super::Stressor;
use crate::{kernel_file, kernel_setting::KernelSetting, ktap::Trouble};
use std::{path::Path, thread, time::Duration};

const LRU_GEN: &str = "/sys/kernel/mm/lru_gen/enabled";

/// How long it stays as it is. Each change has the kernel rewrite its text in many places, of which
/// the emulator may, now and then, keep a half of one: too often, and the guest doesn't live long.
const PERIOD: Duration = Duration::from_secs(5);

/// Turns it off and on. In the end it is as before.
pub(super) struct Toggle {
    _before: KernelSetting,
}

impl Toggle {
    /// Skips where the kernel has none.
    pub(super) fn new() -> Result<Self, Trouble> {
        if !Path::new(LRU_GEN).exists() {
            return Err(Trouble::skip("this kernel has no LRU_GEN"));
        }
        KernelSetting::set(LRU_GEN, "y").map(|before| Self { _before: before })
    }
}

impl Stressor for Toggle {
    fn name(&self) -> &'static str {
        "times LRU_GEN turned off and on"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        for state in ["n", "y"] {
            kernel_file::write(LRU_GEN, state)?;
            thread::sleep(PERIOD);
        }
        Ok(1)
    }
}
