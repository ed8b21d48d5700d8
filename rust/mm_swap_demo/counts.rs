// SPDX-License-Identifier: GPL-2.0

//! What the module counts by events. What can be counted by looking, such as the length of a list,
//! is not here.

use kernel::sync::atomic::{
    Atomic,
    Full,
    Relaxed, //
};

/// A figure that goes up and down, from any context.
pub(crate) struct Gauge(Atomic<i64>);

impl Default for Gauge {
    fn default() -> Self {
        Self(Atomic::new(0))
    }
}

impl Gauge {
    /// Adds `n` and returns the sum.
    pub(crate) fn add(&self, n: i64) -> i64 {
        self.0.fetch_add(n, Relaxed) + n
    }

    /// Takes `n` away.
    pub(crate) fn sub(&self, n: i64) {
        self.0.fetch_sub(n, Relaxed);
    }

    /// Returns the figure.
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// The figures; see `struct mm_swap_demo_stats`.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) allocated: Gauge,
    pub(crate) freed: Gauge,
    /// Off the lists, and in no batch that brings them there for the first time.
    pub(crate) isolated: Gauge,
    /// Slots that are being moved.
    pub(crate) in_hand: Gauge,
    pub(crate) pages: Gauge,
    pub(crate) files: Gauge,
    /// Two contexts found in one batch at once.
    pub(crate) overlaps: Gauge,
    events: Gauge,
}

impl Counts {
    /// Returns the next number of the event counter. A full barrier.
    pub(crate) fn event(&self) -> u64 {
        (self.events.0.fetch_add(1, Full) + 1) as u64
    }

    /// Returns the last number that [`Self::event`] gave out.
    pub(crate) fn events(&self) -> u64 {
        self.events.get() as u64
    }
}
