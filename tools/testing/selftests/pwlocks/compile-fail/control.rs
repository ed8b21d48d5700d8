// SPDX-License-Identifier: GPL-2.0

//! What the other cases get wrong, done right. This must compile, or they prove nothing.

use kernel::prelude::*;
use kernel::sync::Arc;
use pwlocks::lock::{PwLock, PwTryLock};
use pwlocks::owner::Owner;
use pwlocks::work::{PwWork, Run};
use pwlocks::workqueue::PerCpuQueue;

/// Per-CPU data and the work on it.
pub struct Drain {
    lock: PwLock<u64>,
    trylock: PwTryLock<u64>,
}

impl Run for Drain {
    fn run(&self, owner: &Owner<'_>) {
        if let Some(mut guard) = self.lock.lock(owner) {
            self.lock.assert_held(&guard);
            *guard = 0;
        }
        if let Some(mut guard) = self.trylock.try_lock(owner) {
            *guard = 0;
        }
    }
}

impl Drain {
    /// Makes it.
    pub fn new() -> Result<Self> {
        Ok(Self {
            lock: pwlocks::new_pw_lock!(|_| 0)?,
            trylock: pwlocks::new_pw_trylock!(|_| 0)?,
        })
    }

    /// Makes the work.
    pub fn work(self, queue: Arc<PerCpuQueue>) -> Result<PwWork<Self>> {
        pwlocks::new_pw_work!(self, queue)
    }

    /// The hot path.
    pub fn count(&self) -> u64 {
        let mut guard = self.lock.lock_local();
        *guard += 1;
        let count = *guard;
        drop(guard);
        self.trylock.try_lock_local().map_or(count, |mut guard| {
            *guard += 1;
            *guard
        })
    }
}
