// SPDX-License-Identifier: GPL-2.0

//! The part of the module's lists that is for one kernel.

use crate::coverage::{self, Argued, Layout, Replaced, Variable};
use crate::kernel::Kernel;
use crate::names;
use crate::types::Types;

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
    /// Whether what is handed a batch is looked for: not in a debug kernel, whose checks are handed
    /// the address of everything.
    pub helpers: bool,
    /// The list of the names that the module has of the kernel, see [`names`].
    pub names: String,
    /// The structures.
    pub layout: Vec<Layout>,
}

impl Coverage {
    /// The lists for `kernel`.
    pub fn of(kernel: &Kernel<'_>) -> Self {
        let rt = kernel.identity.is_rt();
        let series = kernel.identity.series();
        // A kernel without lockdep gets no list that is longer for it.
        let lockdep = kernel.count("lock_acquire") != 0;
        let lockdep_only = if lockdep && !rt {
            coverage::NOT_RT_LOCKDEP_ONLY
        } else {
            &[]
        };
        let (users, kept, layouts) = if rt {
            (&[][..], coverage::RT_LOCKED, coverage::RT_LAYOUTS)
        } else {
            (
                coverage::USERS,
                coverage::NOT_RT_HARMLESS,
                coverage::NOT_RT_LAYOUTS,
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
            any_batch: [coverage::ANY_BATCH, lockdep_only].concat(),
            helpers: !lockdep,
            names: names::LIST.to_owned(),
            layout: [fitting(layouts, &kernel.types), coverage::LAYOUT].concat(),
        }
    }
}

/// The one of `layouts`, which differ in the size of a lock, that the kernel's structures have; the
/// first if they have none of them, for the comparison to say how they differ.
fn fitting(layouts: &[&'static [Layout]], types: &Types) -> &'static [Layout] {
    let fits = |layout: &&&[Layout]| {
        layout.iter().all(|structure| {
            let sizes = types.sizes(structure.name);
            sizes
                .into_iter()
                .map(Some)
                .eq([structure.size.map(|size| size as u64)])
        })
    };
    layouts
        .iter()
        .find(fits)
        .or(layouts.first())
        .copied()
        .unwrap_or_default()
}
