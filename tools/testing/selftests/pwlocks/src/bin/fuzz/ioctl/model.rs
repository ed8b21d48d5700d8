// SPDX-License-Identifier: GPL-2.0

//! What must be known of the requests so far to say what the next one should do.

use super::input::{Answer, Call};
use nix::errno::Errno;
use selftests::demo::uapi;
use std::collections::{BTreeMap, BTreeSet};

/// A folio of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folio {
    pub(crate) order: u32,
    /// As ALLOC was told.
    pub(crate) flags: u32,
    /// Where ALLOC was told to have it.
    pub(crate) node: i32,
    /// Whether it was given to the LRU.
    pub(crate) added: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// This file's, by handle.
    pub(crate) folios: BTreeMap<u64, Folio>,
    /// Handles that were this file's.
    pub(crate) freed: BTreeSet<u64>,
    /// Handles of another file.
    pub(crate) foreign: Vec<u64>,
    /// CACHE_DISABLE of this file in force.
    pub(crate) disabled: u32,
    /// The nodes that have memory.
    pub(crate) nodes: Vec<i32>,
    /// The CPUs that are online.
    pub(crate) cpus: Vec<u32>,
}

impl Model {
    /// The handles of this file.
    pub(crate) fn own(&self) -> Vec<u64> {
        self.folios.keys().copied().collect()
    }

    /// The errors that a handle may get. Of one that never was, only the module knows whether it
    /// could be that of another file.
    pub(crate) fn errors_of(&self, handle: u64) -> &'static [Errno] {
        if self.folios.contains_key(&handle) {
            &[]
        } else if self.foreign.contains(&handle) {
            &[Errno::EPERM]
        } else if self.freed.contains(&handle) {
            &[Errno::EINVAL]
        } else {
            &[Errno::EINVAL, Errno::EPERM]
        }
    }

    /// To how many of `handles` an operation that is done once to a folio applies.
    pub(crate) fn not_added(&self, handles: &[u64]) -> usize {
        let mut distinct = handles.to_vec();
        distinct.sort_unstable();
        distinct.dedup();

        distinct
            .iter()
            .filter(|handle| self.folios.get(handle).is_some_and(|folio| !folio.added))
            .count()
    }

    /// Takes note of a call that was done, and of what was answered, if it was.
    pub(crate) fn note(&mut self, call: &Call, answer: Option<&Answer>) {
        match (call, answer) {
            (
                &Call::Alloc {
                    order, flags, node, ..
                },
                Some(Answer::Handles(handles)),
            ) => {
                let folio = Folio {
                    order,
                    flags,
                    node,
                    added: false,
                };
                for &handle in handles {
                    self.freed.remove(&handle);
                    self.folios.insert(handle, folio);
                }
            }
            (Call::Op { op, handles, .. }, _) => match *op {
                uapi::OP_FREE => {
                    for &handle in handles {
                        self.folios.remove(&handle);
                        self.freed.insert(handle);
                    }
                }
                uapi::OP_LRU_ADD | uapi::OP_MLOCK_NEW => {
                    for handle in handles {
                        if let Some(folio) = self.folios.get_mut(handle) {
                            folio.added = true;
                        }
                    }
                }
                _ => {}
            },
            (
                Call::Drain {
                    request: uapi::CACHE_DISABLE,
                    ..
                },
                _,
            ) => self.disabled += 1,
            (Call::Enable, _) => self.disabled -= 1,
            _ => {}
        }
    }
}
