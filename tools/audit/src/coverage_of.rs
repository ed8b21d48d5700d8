// SPDX-License-Identifier: GPL-2.0

//! The part of the module's lists that is for one kernel.

use crate::coverage::{self, Argued, Layout, Replaced, Variable};
use crate::kernel::Kernel;
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
            layout: [
                fitting(layouts, |name| kernel.types.sizes(name)),
                coverage::LAYOUT,
            ]
            .concat(),
        }
    }
}

/// The one of `layouts`, which differ in the size of a lock, that the kernel's structures have, of
/// which `sizes` says the sizes by name; the first if they have none of them, for the comparison to
/// say how they differ.
fn fitting(layouts: &[&'static [Layout]], sizes: impl Fn(&str) -> Vec<u64>) -> &'static [Layout] {
    let fits = |layout: &&&[Layout]| {
        layout.iter().all(|structure| {
            sizes(structure.name)
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

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::fitting;
    use crate::coverage::{self, Batches};

    /// The sizes in a kernel whose local lock has `lock` bytes.
    fn sizes(lock: u64) -> impl Fn(&str) -> Vec<u64> {
        move |name| match name {
            "cpu_fbatches" => vec![2 * lock + 6 * 256],
            "mlock_fbatch" => vec![lock + 256],
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_layout_goes_by_the_size_of_a_lock() {
        for (layouts, lock, fits) in [
            (coverage::NOT_RT_LAYOUTS, 0, Batches::<0>::LAYOUT),
            (coverage::NOT_RT_LAYOUTS, 48, Batches::<48>::LAYOUT),
            (coverage::RT_LAYOUTS, 32, Batches::<32>::LAYOUT),
            (coverage::RT_LAYOUTS, 128, Batches::<128>::LAYOUT),
        ] {
            assert!(ptr::eq(fitting(layouts, sizes(lock)), fits), "{lock}");
        }
    }

    #[test]
    fn what_fits_none_is_compared_with_that_of_a_stock_kernel() {
        let first = Batches::<32>::LAYOUT;
        let other = fitting(coverage::RT_LAYOUTS, sizes(64));
        assert!(ptr::eq(other, first));
        // One structure of two is not enough, and neither is one of two of the same name.
        for wrong in ["mlock_fbatch", "cpu_fbatches"] {
            let found = |name: &str| match name {
                name if name == wrong => vec![1, 2],
                name => sizes(128)(name),
            };
            assert!(ptr::eq(fitting(coverage::RT_LAYOUTS, found), first));
        }
    }
}
