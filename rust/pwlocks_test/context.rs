// SPDX-License-Identifier: GPL-2.0

//! The part of a context that locking changes and unlocking must give back.

use crate::{
    bindings,
    verdict::{
        ensure,
        Verdict, //
    },
};
use kernel::fmt;

/// A reading of the context.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    preempt_count: i32,
    migration_disabled: i32,
    rcu_depth: i32,
    irqs_disabled: bool,
}

impl Context {
    /// Reads the context of the caller.
    pub(crate) fn now() -> Self {
        let mut raw = bindings::pwlocks_test_context {
            preempt_count: 0,
            migration_disabled: 0,
            rcu_depth: 0,
            irqs_disabled: 0,
        };

        // SAFETY: `raw` is ours.
        unsafe { bindings::pwlocks_test_context_read(&mut raw) };
        Self {
            preempt_count: raw.preempt_count,
            migration_disabled: raw.migration_disabled,
            rcu_depth: raw.rcu_depth,
            irqs_disabled: raw.irqs_disabled != 0,
        }
    }

    /// Whether the context now is the one of this reading; if not, `path` unbalanced it.
    pub(crate) fn restored(&self, path: &str) -> Verdict {
        let now = Self::now();

        ensure!(now == *self, "{path} leaves {now}, it found {self}");
        Ok(())
    }

    /// Whether the caller stays on its CPU now, and did not have to at this reading.
    pub(crate) fn pinned_since(&self) -> bool {
        let now = Self::now();

        now.preempt_count > self.preempt_count
            || now.migration_disabled > self.migration_disabled
            || (now.irqs_disabled && !self.irqs_disabled)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "preempt_count {:#x} migration_disabled {} rcu_depth {} irqs {}",
            self.preempt_count,
            self.migration_disabled,
            self.rcu_depth,
            if self.irqs_disabled { "off" } else { "on" }
        )
    }
}

/// Whether the caller runs in a hard interrupt.
pub(crate) fn in_hardirq() -> bool {
    // SAFETY: Reads the caller's context.
    unsafe { bindings::pwlocks_test_in_hardirq() }
}

/// Whether the caller is a workqueue's worker.
pub(crate) fn in_worker() -> bool {
    // SAFETY: Reads the caller's context.
    unsafe { bindings::pwlocks_test_in_worker() }
}

/// Whether the kernel is PREEMPT_RT.
pub(crate) fn is_preempt_rt() -> bool {
    // SAFETY: A constant.
    unsafe { bindings::pwlocks_test_preempt_rt() }
}
