// SPDX-License-Identifier: GPL-2.0

//! Having both modules in the kernel.

use crate::{ktap::Trouble, module::Module};
use nix::errno::Errno;

/// pwlocks and mm_swap_demo, loaded while this value lives.
#[derive(Debug)]
pub struct Modules {
    // Dropped in this order: the demo uses pwlocks.
    demo: Module,
    pwlocks: Module,
}

impl Modules {
    /// Uses the modules that are loaded, or loads them, pwlocks as the caller asked for.
    pub fn need() -> Result<Self, Trouble> {
        let pwlocks = Module::need_pwlocks()?;
        let demo = Module::need("mm_swap_demo", "")?;

        Ok(Self { demo, pwlocks })
    }

    /// Whether both were loaded for this program, so that it may unload them too.
    pub fn are_ours(&self) -> bool {
        self.demo.is_ours() && self.pwlocks.is_ours()
    }

    /// Unloads both at once, which must not be in use.
    pub fn unload(self) -> Result<(), Errno> {
        self.demo.unload()?;
        self.pwlocks.unload()
    }
}
