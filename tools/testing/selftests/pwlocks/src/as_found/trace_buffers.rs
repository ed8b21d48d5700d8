// SPDX-License-Identifier: GPL-2.0

//! Trace buffers beside the global one, which programs make.

use crate::{ktap::Trouble, trace};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Those that there were.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TraceBuffers(BTreeSet<PathBuf>);

impl TraceBuffers {
    pub(super) fn note() -> Result<Self, Trouble> {
        let entries = fs::read_dir(trace::instances()?)?;
        let paths: Result<_, _> = entries.map(|entry| Ok(entry?.path())).collect();

        paths.map(Self)
    }

    /// Removes those that programs of ours have made since; others may be in use.
    pub(super) fn restore(&self) -> Vec<String> {
        let now = match Self::note() {
            Ok(now) => now,
            Err(trouble) => return vec![format!("{trouble:?}")],
        };
        let new = now.0.difference(&self.0);
        let ours = new.filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(trace::PREFIX))
        });

        ours.filter_map(|path| {
            let error = fs::remove_dir(path).err()?;
            Some(format!("can't remove {}: {error}", path.display()))
        })
        .collect()
    }
}
