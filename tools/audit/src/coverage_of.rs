// SPDX-License-Identifier: GPL-2.0

//! The part of the module's lists that is for one kernel.

use crate::coverage::{self, Argued, Layout, Replaced, Variable};
use crate::identity::Identity;
use crate::names;

/// What the module does with a kernel, and what it takes for granted.
#[derive(Clone)]
pub struct Coverage {
    /// The variables that hold the batches.
    pub batches: Vec<Variable>,
    /// The functions that are replaced.
    pub replaced: Vec<Replaced>,
    /// The functions that keep running.
    pub kept: Vec<Argued>,
    /// Whether those take the kernel's own locks, where otherwise they may only read.
    pub locked: bool,
    /// The functions that are handed batches of all sorts.
    pub any_batch: Vec<Argued>,
    /// The list of the names that the module has of the kernel, see [`names`].
    pub names: String,
    /// The structures.
    pub layout: Vec<Layout>,
}

impl Coverage {
    /// The lists for `kernel`.
    pub fn of(kernel: &Identity) -> Self {
        let rt = kernel.is_rt();
        let series = kernel.series();
        let (users, kept, layout) = if rt {
            (&[][..], coverage::RT_LOCKED, coverage::RT_LAYOUT)
        } else {
            (
                coverage::USERS,
                coverage::NOT_RT_HARMLESS,
                coverage::NOT_RT_LAYOUT,
            )
        };
        Self {
            batches: coverage::BATCHES.to_vec(),
            replaced: [coverage::DRAINS, users]
                .concat()
                .into_iter()
                .filter(|replaced| replaced.since <= series)
                .collect(),
            kept: kept.to_vec(),
            locked: rt,
            any_batch: coverage::ANY_BATCH.to_vec(),
            names: names::LIST.to_owned(),
            layout: [layout, coverage::LAYOUT].concat(),
        }
    }
}
