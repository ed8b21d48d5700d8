// SPDX-License-Identifier: GPL-2.0

//! Per-CPU locks that another CPU may take, and work that need not run on its owner CPU.
//!
//! Some kernel code keeps state per CPU under a local lock, and has a work item run on the owner
//! CPU when another CPU needs that state flushed. On an isolated CPU that is an interruption. The
//! PW locks series replaces the pair by a lock the requester may take; this crate is that idea in
//! Rust, for modules.
//!
//! # Modes
//!
//! There are two, for all locks at once:
//!
//! - *local*: [`lock_local()`] is the kernel's local lock, and [`queue_on()`] queues work on the
//!   owner CPU, as ever.
//! - *remote*: every lock is a spinlock of its CPU, and [`queue_on()`] runs the work on the caller,
//!   which takes the owner's lock for it. On PREEMPT_RT a local lock already is such a spinlock, so
//!   only the work changes its place.
//!
//! `pwlocks=` chooses, when this module is loaded and by a write to sysfs at any time after. How one
//! mode becomes the other while locks are held and work is done, and why everything excludes
//! everything else meanwhile, is told in [`switch`].
//!
//! # Who may touch what
//!
//! - The task, or softirq, that runs on a CPU: that CPU's data, by [`lock_local()`].
//! - Whoever was lent an [`Owner`](owner::Owner) token for a CPU: that CPU's data, by
//!   [`lock()`](lock::PerCpuLock::lock). Tokens are made for work, and for dead CPUs, only.
//! - A guard gives access to the data of one CPU until it is dropped, and releases what was taken.
//!
//! # What is where
//!
//! [`lock`] is what users start with, [`work`] the dispatcher, [`owner`] the token, [`hotplug`] the
//! end of a CPU; [`mode`] what `pwlocks=` means, [`switch`] how it comes about, [`notifier`] how
//! locks of another kind take part in it; [`cpu`] and [`percpu`] are the ground they stand on. The
//! primitives are chosen in `rust/helpers/local_lock.c`.
//!
//! [`lock_local()`]: lock::PerCpuLock::lock_local
//! [`queue_on()`]: work::PwWork::queue_on

use kernel::prelude::*;

#[path = "../bindings/bindings.rs"]
pub mod bindings;

pub mod backend;
pub mod barrier;
pub mod cpu;
pub mod hotplug;
pub mod lock;
pub mod mode;
pub mod notifier;
pub mod owner;
pub mod percpu;
pub mod stretch;
pub mod switch;
pub mod work;
pub mod workqueue;

#[path = "../debugfs/debugfs.rs"]
mod debugfs;
mod stats;

module! {
    type: PwLocks,
    name: "pwlocks",
    authors: ["The pwlocks authors"],
    description: "Per-CPU locks that the requester of per-CPU work may take",
    license: "GPL",
}

struct PwLocks {
    _stats: debugfs::Dir<()>,
    _hotplug: hotplug::HotplugState,
}

impl kernel::Module for PwLocks {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let this = Self {
            _stats: stats::new()?,
            _hotplug: hotplug::HotplugState::new()?,
        };

        switch::start();
        Ok(this)
    }
}

impl Drop for PwLocks {
    fn drop(&mut self) {
        switch::stop();
    }
}
