// SPDX-License-Identifier: GPL-2.0

//! Switching over and back.
//!
//! On PREEMPT_RT there is one step: the drains of all CPUs are replaced. Whoever is in the kernel's
//! own meanwhile goes on queueing work, which takes the same locks.
//!
//! Elsewhere there are three, because the kernel's batches have no lock that another CPU could take:
//!
//! 1. Everything that touches a batch is replaced. Those functions touch the batches of the CPU they
//!    run on, with preemption off (or interrupts, where interrupts do as well), and those here
//!    besides take our lock. The drains of all CPUs are the kernel's, whose work runs on the owner
//!    CPU. So on each CPU the two kinds exclude each other as they ever did, and no other CPU comes.
//! 2. A grace period of RCU tasks: a task that was preempted in a function since before it was
//!    replaced has left it. And one of RCU: so has who was in it with preemption or interrupts off.
//!    From now on who touches a batch holds our lock.
//! 3. The drains of all CPUs are replaced, and other CPUs come.
//!
//! Switching off is the mirror: the drains are the kernel's again; when nobody is inside ours any
//! more, no other CPU comes; then the others go, with the two kinds mixed as in step 1.

use crate::{
    entry::drain,
    functions::{
        DRAINS,
        USERS, //
    },
    inside,
    live::Live,
    mm::drain::Drain,
    replace::{
        Function,
        Replacement, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Replaces `functions`, or none.
fn replace(functions: &'static [Function]) -> Result<KVec<Replacement>> {
    let mut replacements = KVec::with_capacity(functions.len(), GFP_KERNEL)?;

    for function in functions {
        // SAFETY: The replacements have the arguments and contexts of what they replace; `Replaced`
        // waits for who is in them.
        let replacement = unsafe { Replacement::new(function) }?;

        replacements.push(replacement, GFP_KERNEL)?;
    }
    Ok(replacements)
}

/// All functions are replaced, until this is dropped.
pub(crate) struct Replaced {
    drains: KVec<Replacement>,
    users: KVec<Replacement>,
    _drain: drain::Published,
}

impl Replaced {
    /// Replaces all functions, or none. May sleep. Errors as of [`Replacement::new`].
    pub(crate) fn new(drain: Arc<Drain<Live>>) -> Result<Self> {
        let mut this = Self {
            drains: KVec::new(),
            users: KVec::new(),
            _drain: drain::Published::new(drain),
        };

        this.users = replace(USERS)?;
        if !this.users.is_empty() {
            // SAFETY: Task context.
            unsafe { kernel::bindings::synchronize_rcu_tasks() };
            // SAFETY: Task context, and no RCU read-side section.
            unsafe { kernel::bindings::synchronize_rcu() };
        }
        this.drains = replace(DRAINS)?;
        Ok(this)
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        self.drains.clear();
        inside::wait_until_empty();
        self.users.clear();
        // These don't sleep: after this nobody is in one.
        //
        // SAFETY: Task context.
        unsafe { kernel::bindings::synchronize_rcu_tasks() };
    }
}
