// SPDX-License-Identifier: GPL-2.0

//! Users of the mode that have locks of another kind.
//!
//! A [`PwLock`](crate::lock::PwLock) follows the mode by itself. A module that protects per-CPU data
//! by something else, say data of the running kernel, whose functions it replaces while remote mode
//! is on, has to hear of each step of a switch. [`crate::switch`] has the steps; this is what each
//! is there for:
//!
//! | to remote | the notifier sees to it that |
//! |---|---|
//! | [`enter()`](Notify::enter) | whoever comes to the data from now on takes its lock as well |
//! | *the grace periods* | |
//! | [`remote_allowed()`](Notify::remote_allowed) | other CPUs may come, too: every holder has the lock |
//!
//! | to local | the notifier sees to it that |
//! |---|---|
//! | [`remote_forbidden()`](Notify::remote_forbidden) | nobody begins to come from another CPU |
//! | *requesters at work are waited for* | |
//! | [`leave()`](Notify::leave) | the lock need not be taken any more: everybody is on the data's CPU |
//!
//! Work that is a [`PwWork`](crate::work::PwWork) follows the switch of the whole, but a notifier
//! that comes or goes in remote mode goes through the same steps alone; for that its work has
//! [`allow_remote()`](crate::work::PwWork::allow_remote), to be called by the two callbacks in the
//! middle, and with `false` before the notifier is added.
//!
//! C counterpart: `blocking_notifier_call_chain_robust()` in `include/linux/notifier.h`, which takes
//! back what it did where one of the chain refuses.

use crate::bindings;
use core::ffi::c_void;
use kernel::{
    error::{
        from_result,
        to_result, //
    },
    ffi::c_int,
    prelude::*,
};

/// What is done at the steps of a switch.
///
/// All are called in task context, may sleep, and are serialised with each other and with every
/// switch. They may not switch, nor add or remove a notifier.
pub trait Notify: Send + Sync + 'static {
    /// What the log calls it if it can't follow.
    const NAME: &'static CStr;

    /// Whether tasks that are inside a function when [`Self::enter`] replaces it have to be waited
    /// for (`synchronize_rcu_tasks()`) before other CPUs may come, and not only those that have
    /// preemption off.
    const WAITS_FOR_TASKS: bool = false;

    /// Has everybody take the lock from now on. An error undoes the switch, and is what the writer
    /// of the parameter gets; then this notifier must have changed nothing.
    fn enter(&self) -> Result;

    /// Every holder has the lock.
    fn remote_allowed(&self) {}

    /// Nobody may begin to come from another CPU. Who has begun is waited for afterwards.
    fn remote_forbidden(&self) {}

    /// Undoes [`Self::enter`]. Nobody comes from another CPU.
    fn leave(&self);
}

/// What the switch knows of a notifier, and the notifier.
struct Added<N> {
    raw: bindings::pw_notifier,
    notify: N,
}

/// A [`Notify`] that is told of every switch, until dropped.
///
/// # Invariants
///
/// `raw` in the box is added, with the box's `notify` for its context.
pub struct Notifier<N: Notify>(KBox<Added<N>>);

// SAFETY: `raw` is only touched by construction, drop and the switch, which has a mutex.
unsafe impl<N: Notify> Send for Notifier<N> {}

// SAFETY: As above; `N: Notify` is `Sync`.
unsafe impl<N: Notify> Sync for Notifier<N> {}

impl<N: Notify> Notifier<N> {
    /// Adds `notify`. In remote mode it enters, and is allowed, before this returns.
    ///
    /// `ENOMEM`, or what [`Notify::enter`] returned. Task context, may sleep, CPU hotplug not
    /// locked; not from work, nor from a notifier.
    pub fn new(notify: N) -> Result<Self> {
        let raw = bindings::pw_notifier {
            ctx: core::ptr::null_mut(),
            name: N::NAME.as_char_ptr(),
            tasks: N::WAITS_FOR_TASKS,
            enter: Some(enter::<N>),
            remote_allowed: Some(remote_allowed::<N>),
            remote_forbidden: Some(remote_forbidden::<N>),
            leave: Some(leave::<N>),
        };
        let mut added = KBox::new(Added { raw, notify }, GFP_KERNEL)?;

        added.raw.ctx = (&raw const added.notify).cast_mut().cast();
        // SAFETY: The box's content does not move, and drop removes the notifier.
        to_result(unsafe { bindings::pwlocks_notifier_add(&raw mut added.raw) })?;
        // INVARIANT: Just added.
        Ok(Self(added))
    }

    /// Returns what is told.
    pub fn notify(&self) -> &N {
        &self.0.notify
    }
}

impl<N: Notify> Drop for Notifier<N> {
    /// In remote mode it is forbidden, and leaves, before this returns. May sleep.
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::pwlocks_notifier_remove(&raw mut self.0.raw) };
    }
}

/// # Safety
///
/// `ctx` must point to a live `N`.
unsafe extern "C" fn enter<N: Notify>(ctx: *mut c_void) -> c_int {
    // SAFETY: By the function's requirements.
    let notify = unsafe { &*ctx.cast::<N>() };

    from_result(|| notify.enter().map(|()| 0))
}

/// Defines the callback for a method that returns nothing.
macro_rules! callback {
    ($name:ident) => {
        /// # Safety
        ///
        /// `ctx` must point to a live `N`.
        unsafe extern "C" fn $name<N: Notify>(ctx: *mut c_void) {
            // SAFETY: By the function's requirements.
            let notify = unsafe { &*ctx.cast::<N>() };

            notify.$name();
        }
    };
}

callback!(remote_allowed);
callback!(remote_forbidden);
callback!(leave);
