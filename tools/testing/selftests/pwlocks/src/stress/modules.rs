// SPDX-License-Identifier: GPL-2.0

//! Modules of the kernel's own that need each other.

use crate::{ktap::Trouble, module::Module};

/// The modules, which are loaded while this value lives.
#[derive(Debug)]
pub(super) struct Modules(Vec<Module>);

impl Modules {
    /// Loads them, each after those it needs. Skips where there is one that can't be found.
    pub(super) fn load(names: &[&'static str]) -> Result<Self, Trouble> {
        let mut this = Self(Vec::new());

        for name in names {
            this.0.push(Module::need(name, "")?);
        }
        Ok(this)
    }
}

impl Drop for Modules {
    fn drop(&mut self) {
        // A vector would drop its first element first.
        while let Some(module) = self.0.pop() {
            drop(module);
        }
    }
}
