// SPDX-License-Identifier: GPL-2.0

//! Following the mode, over and back.
//!
//! [`pwlocks::notifier`] tells each step. On PREEMPT_RT only the drains of all CPUs are replaced, and
//! the locks are the kernel's in both modes. Elsewhere the kernel's batches have no lock that another
//! CPU could take, and the order matters.
//!
//! # To remote
//!
//! 1. *Enter*: everything that touches a batch is replaced, then the drains of all CPUs. The former
//!    touch the batches of the CPU they run on, with preemption off (or interrupts, where interrupts
//!    do as well), as the kernel's do, and besides take our lock. The latter do not come to other
//!    CPUs yet: they queue work on them, which is refused a CPU's locks anywhere else. So on each CPU
//!    the two kinds exclude each other as they ever did.
//! 2. *The grace periods*: one of RCU tasks, after which a task that was preempted in a function
//!    since before it was replaced has left it; and one of RCU, after which so has who was in it with
//!    preemption or interrupts off. From now on who touches a batch holds our lock.
//! 3. *Remote is allowed*: requesters do the work for other CPUs.
//!
//! If one function can't be replaced, those that are go back, and the mode stays local.
//!
//! # To local
//!
//! The mirror. *Remote is forbidden*, and the requesters at work are waited for: no other CPU comes
//! any more. *Leave*: the drains are the kernel's again; when nobody is inside ours, so are the
//! others, with the two kinds mixed as in step 1; when nobody is inside those, nothing of this module
//! is in use.
//!
//! # The kernel's own drains of all CPUs meanwhile
//!
//! They look at the batches only. So but for remote mode itself our drains move folios in their
//! batch, and take none out of it. What is left is a call of the kernel's own that has slept since
//! before a switch to remote: it may then find a batch empty whose folios, up to 31, another CPU is
//! moving at that moment, and return before that is done. As with the kernel's `lru_add_drain()` on
//! PREEMPT_RT (see [`crate::kernel_batches`]), its caller takes these for folios that it can't have
//! just now.

use crate::{
    entry::drain,
    functions::{
        DRAINS,
        USERS, //
    },
    inside,
    live::{
        self,
        Live, //
    },
    mm::drain::Drain,
    replace::Replacement, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    }, //
};
use pwlocks::notifier::Notify;

/// All functions are replaced, until this is dropped.
struct Replaced {
    drains: Option<Replacement>,
    users: Option<Replacement>,
    _drain: drain::Published,
}

impl Replaced {
    /// Replaces all functions, or none. May sleep. Errors as of [`Replacement::new`].
    fn new(drain: Arc<Drain<Live>>) -> Result<Self> {
        // Filled in place: whatever fails, drop undoes in the right order what was done.
        let mut this = Self {
            drains: None,
            users: None,
            _drain: drain::Published::new(drain),
        };

        if !USERS.is_empty() {
            // SAFETY: The replacements have the arguments and contexts of what they replace, and drop
            // waits for who is in them.
            this.users = Some(unsafe { Replacement::new(USERS) }?);
        }
        // SAFETY: As above.
        this.drains = Some(unsafe { Replacement::new(DRAINS) }?);
        Ok(this)
    }
}

impl Drop for Replaced {
    /// Puts all functions back. May sleep, for as long as a drain takes. No other CPU comes.
    fn drop(&mut self) {
        self.drains = None;
        inside::wait_until_left();
        self.users = None;
        // These don't sleep: after this nobody is in one, and who has left one that may has returned.
        //
        // SAFETY: Task context.
        unsafe { kernel::bindings::synchronize_rcu_tasks() };
    }
}

/// Has the functions replaced while the mode is remote.
pub(crate) struct Follow {
    drain: Arc<Drain<Live>>,
    // Notifiers are serialised, but called with a shared reference.
    replaced: Pin<KBox<Mutex<Option<Replaced>>>>,
}

impl Follow {
    /// Begins with nothing replaced. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new(drain: Arc<Drain<Live>>) -> Result<Self> {
        drain.allow_remote(false);
        Ok(Self {
            drain,
            replaced: KBox::pin_init(new_mutex!(None, "mm_swap_live"), GFP_KERNEL)?,
        })
    }
}

impl Notify for Follow {
    const NAME: &'static CStr = c"mm_swap_live";

    const WAITS_FOR_TASKS: bool = cfg!(not(CONFIG_PREEMPT_RT));

    fn enter(&self) -> Result {
        *self.replaced.lock() = Some(Replaced::new(self.drain.clone())?);
        Ok(())
    }

    fn remote_allowed(&self) {
        live::set_in_place(false);
        self.drain.allow_remote(true);
    }

    fn remote_forbidden(&self) {
        live::set_in_place(true);
        self.drain.allow_remote(false);
    }

    fn leave(&self) {
        // A hand that was full when the drains were told not to take folios out is empty after this:
        // a drain of this CPU alone has preemption off, or, on PREEMPT_RT, is part of one of all.
        inside::wait_for_earlier();
        // SAFETY: Task context, and no RCU read-side section.
        unsafe { kernel::bindings::synchronize_rcu() };
        *self.replaced.lock() = None;
    }
}
