// SPDX-License-Identifier: GPL-2.0

//! Which of the kernel's functions are replaced, as the kernel itself says.

use crate::{
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
};
use std::collections::BTreeSet;

/// Functions whose entry does something, a line each.
const ENABLED: &str = "/sys/kernel/tracing/enabled_functions";

/// Those that drain all CPUs, which are replaced on every kernel.
const DRAINS: [&str; 2] = ["lru_add_drain_all", "lru_cache_disable"];

/// How the functions begin that are there for BPF programs to be attached to, of which systemd has some.
const HOOK: &str = "bpf_lsm_";

/// The functions that jump elsewhere, but for those that are there for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced(BTreeSet<String>);

impl Replaced {
    /// Asks the kernel.
    pub fn now() -> Result<Self, Trouble> {
        kernel_file::read(ENABLED).map(|text| Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        // Further lines of a function are indented.
        let names = text
            .lines()
            .filter(|line| !line.starts_with(char::is_whitespace))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| !name.starts_with(HOOK));

        Self(names.map(str::to_owned).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that those are which the module says it replaces, and that it replaces all.
    pub fn is_complete() -> Verdict {
        let replaced = Self::now()?;
        let functions = kernel_file::read(kernel_file::debugfs("mm_swap_live/functions"))?;

        ensure!(replaced.has_drains(), "no drain is replaced: {replaced:?}");
        for function in functions.lines() {
            let is_replaced = function
                .split_once(" ftrace-direct-jump ")
                .is_some_and(|(name, _)| replaced.0.contains(name));
            ensure!(is_replaced, "{function}, but replaced are {replaced:?}");
        }
        Ok(())
    }

    /// Whether the drains of all CPUs are among them.
    pub fn has_drains(&self) -> bool {
        DRAINS.iter().all(|&drain| self.0.contains(drain))
    }
}

#[cfg(test)]
mod tests {
    use super::Replaced;

    #[test]
    fn lines() {
        let text = "lru_add_drain_all (1) \tD   M \ttramp: 0x1 (f+0x0/0x10)\n\
                    \tdirect(jmp)-->f+0x0/0x1\nlru_cache_disable (1)\n";
        let replaced = Replaced::parse(text);
        assert!(replaced.has_drains());
        assert_eq!(replaced.0.len(), 2);
        assert!(Replaced::parse("").is_empty());
        assert!(Replaced::parse("bpf_lsm_file_open (1) \tD   M\n").is_empty());
    }
}
