// SPDX-License-Identifier: GPL-2.0

//! Work from closures.

use kernel::{
    prelude::*,
    sync::Arc, //
};
use pwlocks::{
    new_pw_work,
    owner::Owner,
    work::{
        PwWork,
        Run, //
    },
    workqueue::PerCpuQueue,
};

/// A closure to be run for owner CPUs.
pub(crate) struct Job<F>(F);

impl<F: Fn(&Owner<'_>) + Send + Sync + 'static> Run for Job<F> {
    fn run(&self, owner: &Owner<'_>) {
        (self.0)(owner)
    }
}

impl<F: Fn(&Owner<'_>) + Send + Sync + 'static> Job<F> {
    /// What `job` does for an owner CPU.
    pub(crate) fn new(job: F) -> Self {
        Self(job)
    }
}

/// Makes work of a closure, on a queue of its own. May sleep.
pub(crate) fn work<F>(job: F) -> Result<PwWork<Job<F>>>
where
    F: Fn(&Owner<'_>) + Send + Sync + 'static,
{
    let queue = Arc::new(PerCpuQueue::new(c"pwlocks_test")?, GFP_KERNEL)?;

    new_pw_work!(Job(job), queue)
}
