// SPDX-License-Identifier: GPL-2.0

//! Whose turn it is: threads that step through a test together.

use crate::bindings;
use kernel::{
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};

/// How long to wait for others before the test has failed.
const PATIENCE: Delta = Delta::from_secs(10);

/// The stage that a test is in; it only goes up.
pub(crate) struct Turn(Atomic<u32>);

impl Turn {
    /// Stage 0.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Starts a stage, unless a later one has started.
    pub(crate) fn reach(&self, stage: u32) {
        let mut current = self.0.load(Relaxed);

        while current < stage {
            match self.0.cmpxchg(current, stage, Full) {
                Ok(_) => return,
                Err(changed) => current = changed,
            }
        }
    }

    /// Whether the stage, or a later one, has started.
    pub(crate) fn is_reached(&self, stage: u32) -> bool {
        self.0.load(Acquire) >= stage
    }

    /// Waits for the stage, asleep if the context allows it; false if it does not come.
    #[must_use = "a stage that does not come is a failure"]
    pub(crate) fn wait(&self, stage: u32) -> bool {
        self.wait_by(stage, pause)
    }

    /// The same, but never asleep, so that the CPU does not become idle.
    #[must_use = "a stage that does not come is a failure"]
    pub(crate) fn spin(&self, stage: u32) -> bool {
        self.wait_by(stage, core::hint::spin_loop)
    }

    fn wait_by(&self, stage: u32, pause: impl Fn()) -> bool {
        let patience = Patience::begin();

        while !self.is_reached(stage) {
            if patience.is_over() {
                return false;
            }
            pause();
        }
        true
    }
}

/// A wait that is given up after a while.
pub(crate) struct Patience(Instant<Monotonic>);

impl Patience {
    /// Begins to wait.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether what has not come by now won't come.
    pub(crate) fn is_over(&self) -> bool {
        self.0.elapsed() > PATIENCE
    }
}

/// A moment for others: asleep where the context allows it.
pub(crate) fn pause() {
    // SAFETY: Finds out itself whether it may sleep.
    unsafe { bindings::pwlocks_test_pause() };
}

/// Passes time, asleep where the context allows it.
pub(crate) fn pass(time: Delta) {
    let start = Instant::<Monotonic>::now();

    while start.elapsed() < time {
        pause();
    }
}
