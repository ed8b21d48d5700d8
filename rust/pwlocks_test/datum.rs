// SPDX-License-Identifier: GPL-2.0

//! Data that tells when it is not protected.

use crate::touched::Touched;
use kernel::{
    processor::cpu_relax,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// How long a visit dwells between load and store, in rounds.
const DWELL: u32 = 20;

/// A counter whose increment is a load and a store, so that two visitors at once lose one.
///
/// The counters are atomic only for an unprotected visit not to be undefined.
pub(crate) struct Datum {
    inside: Atomic<u32>,
    count: Atomic<u64>,
    touched: Touched,
}

impl Datum {
    /// Nobody was here yet.
    pub(crate) const fn new() -> Self {
        Self {
            inside: Atomic::new(0),
            count: Atomic::new(0),
            touched: Touched::new(),
        }
    }

    /// Counts a visit. Returns whether it was alone.
    #[must_use = "not to be alone is a failure"]
    pub(crate) fn visit(&self) -> bool {
        let found = self.inside.load(Relaxed);
        self.inside.store(found + 1, Relaxed);
        let count = self.count.load(Relaxed);

        self.touched.touch();
        for _ in 0..DWELL {
            cpu_relax();
        }

        self.count.store(count + 1, Relaxed);
        let left = self.inside.load(Relaxed);
        self.inside.store(found, Relaxed);
        found == 0 && left == 1
    }

    /// Returns the visits counted.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }
}
