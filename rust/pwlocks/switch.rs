// SPDX-License-Identifier: GPL-2.0

//! The switch from one mode to the other, under load.
//!
//! # Two halves
//!
//! A mode is two states. They differ from one another only while a switch is under way.
//!
//! - *The locks*: whether a local lock is preemption off, or this CPU's spinlock as well. A static
//!   key (rust/helpers/key.c), looked at by whoever takes a local lock with preemption off already.
//!   On PREEMPT_RT a local lock is the same spinlock in both modes, and there is no key.
//! - *The requesters*: whether a requester may do the work itself, with a token that opens the
//!   owner's spinlock. A flag (rust/helpers/srcu.c), looked at in the SRCU read-side section in
//!   which the work is then done.
//!
//! Requesters are excluded by the spinlock only. So they must be there only while everybody takes
//! it, and that makes the order:
//!
//! | to remote | to local |
//! |---|---|
//! | 1. notifiers enter | 1. the flag is cleared, notifiers are told to forbid |
//! | 2. the key is set: who comes now takes the spinlock | 2. wait for the requesters at work |
//! | 3. wait for who came before | 3. the key is cleared: who comes now takes no spinlock |
//! | 4. the flag is set, notifiers are told to allow | 4. notifiers leave |
//!
//! The wait for who came before is `synchronize_rcu()`: a holder of a local lock has preemption or
//! interrupts off, and has had them off since before it looked at the key, so an RCU grace period
//! ends it. That goes for softirqs, hard interrupts and NMIs that hold a tried lock, too. It does
//! not go for code that RCU does not watch (an idle CPU's entry and exit, a CPU that has reported
//! itself dead), which may not use the locks. After `static_branch_enable()` has returned every CPU
//! sees the key set, so that is all there is to wait for.
//!
//! The wait for the requesters is `synchronize_srcu()`: sections that it does not wait for see the
//! flag cleared. Work may sleep and ask for other work; sections may, too.
//!
//! Nothing has to be waited for after the key is cleared: who came before holds the spinlock of the
//! CPU it runs on, and who comes now can only be on that same CPU.
//!
//! # What excludes
//!
//! What is taken, for one CPU c (not PREEMPT_RT):
//!
//! | | by | key clear | key set |
//! |---|---|---|---|
//! | L | a local user on c | pinned to c, the `local` bit | pinned to c, c's spinlock |
//! | W | a worker's token | as L, or refused if not on c | as L, or refused if not on c |
//! | R | a requester's token | can't be: the key is set while there is one | c's spinlock |
//! | D | the token of c, which is dead | c's spinlock | c's spinlock |
//!
//! Write L0 and L1 for a local user that found the key clear and set. Which mode a token was made
//! in does not matter, nor the mode in which it opens a lock: a worker's opens what a local user of
//! that moment takes, a requester's and a dead CPU's open the spinlock. For each pair that may meet
//! on c's instance:
//!
//! | pair | excluded by |
//! |---|---|
//! | L0, W0 and L0, W0 | pinned to the same CPU; a try in an interrupt finds the bit |
//! | L1, W1 and L1, W1 | the spinlock |
//! | L0, W0 and L1, W1 | pinned to the same CPU; a try in an interrupt looks at the bit and at the spinlock, whichever way it takes |
//! | R and L0, W0 | never at once: to remote, step 3 comes before the flag; to local, step 2 before the key |
//! | R and L1, W1, R, D | the spinlock |
//! | D and L, W | never at once: c runs nothing, and a worker elsewhere is refused |
//! | D and D | CPU hotplug is locked |
//!
//! Locks that are not tries do not nest, so no interrupt waits for what it has interrupted.
//!
//! What one holder wrote, the next one must see. Where the spinlock does not hand it over: from L0
//! to R by the grace period, then the release and acquire of the flag; from R to L0 by the SRCU
//! grace period, then the key, whose patching interrupts every CPU before one of them can take the
//! new branch; between L0 and L1 it is the same CPU.
//!
//! # Who switches
//!
//! A write to the parameter in sysfs, module init, and notifiers as they come and go; one at a time,
//! by a mutex. A switch is waited for to the end: neither the mutex nor the grace periods can be
//! interrupted by a signal, and all that can fail comes before anything has changed. The mutex is
//! taken inside the module's `param_lock`, and CPU hotplug (by the key) inside the mutex; so who
//! holds off CPU hotplug may not switch, nor may work (see [`Run::run`](crate::work::Run::run)).

use crate::{
    bindings,
    mode::{
        self,
        Request, //
    },
    stretch::stretch_time,
};
use core::{
    cell::UnsafeCell,
    ops::{
        Deref,
        DerefMut, //
    },
    ptr::NonNull,
};
use kernel::{
    error::to_result,
    ffi::{
        c_char,
        c_int, //
    },
    prelude::*,
    str::BStr, //
};

/// What the module is up to.
#[derive(PartialEq, Eq)]
enum Phase {
    /// Its parameters are being parsed, or its init has not come to the mode yet.
    Loading,
    /// Its init has put a mode in force.
    Running,
    /// Its exit has begun.
    Going,
}

/// What the switch's mutex protects.
struct Switch {
    phase: Phase,
    /// The last value of `pwlocks=` that was accepted.
    request: Request,
    /// In the order in which they came.
    notifiers: KVec<Listed>,
}

/// The one switch there is. Access is by [`Locked`] only.
struct Shared(UnsafeCell<Switch>);

// SAFETY: Access is serialised by the mutex, and what is inside may be used by any task.
unsafe impl Sync for Shared {}

static SWITCH: Shared = Shared(UnsafeCell::new(Switch {
    phase: Phase::Loading,
    request: Request::Default,
    notifiers: KVec::new(),
}));

/// Access to the switch.
///
/// # Invariants
///
/// The mutex is held, by this task.
struct Locked(kernel::types::NotThreadSafe);

/// Waits for the mutex, whatever signals come. May sleep.
fn lock() -> Locked {
    // SAFETY: Task context.
    unsafe { bindings::pwlocks_switch_lock() };
    // INVARIANT: Just taken.
    Locked(kernel::types::NotThreadSafe)
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::pwlocks_switch_unlock() };
    }
}

impl Deref for Locked {
    type Target = Switch;

    fn deref(&self) -> &Switch {
        // SAFETY: By the type invariants.
        unsafe { &*SWITCH.0.get() }
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut Switch {
        // SAFETY: By the type invariants.
        unsafe { &mut *SWITCH.0.get() }
    }
}

/// A notifier that was added and not removed.
///
/// # Invariants
///
/// The pointer is valid, and its callbacks may be called with its context.
struct Listed(NonNull<bindings::pw_notifier>);

impl Listed {
    fn raw(&self) -> &bindings::pw_notifier {
        // SAFETY: By the type invariants.
        unsafe { self.0.as_ref() }
    }

    fn enter(&self) -> Result {
        let raw = self.raw();
        // SAFETY: By the type invariants.
        let result = raw.enter.map_or(0, |enter| unsafe { enter(raw.ctx) });

        to_result(result).inspect_err(|error| {
            // SAFETY: By the type invariants the name is a C string.
            let name = unsafe { CStr::from_char_ptr(raw.name) };

            pr_err!("{name} can't follow to remote mode: {error:?}\n");
        })
    }

    fn call(&self, callback: Option<unsafe extern "C" fn(*mut kernel::ffi::c_void)>) {
        if let Some(callback) = callback {
            // SAFETY: By the type invariants; callers pass a callback of this notifier.
            unsafe { callback(self.raw().ctx) };
        }
    }

    fn remote_allowed(&self) {
        self.call(self.raw().remote_allowed);
    }

    fn remote_forbidden(&self) {
        self.call(self.raw().remote_forbidden);
    }

    fn leave(&self) {
        self.call(self.raw().leave);
    }
}

/// Waits for who took a local lock the way it was, and, for notifiers that say so, for who is in a
/// function that they have replaced.
fn wait_for_local_sections(tasks: bool) {
    // SAFETY: Task context, and no RCU read-side section.
    unsafe { bindings::pwlocks_wait_for_local_sections(tasks) };
}

/// Waits for the requesters at work. Those to come see what was forbidden before.
fn wait_for_requesters() {
    // SAFETY: Task context, and no work of a requester: that may not switch.
    unsafe { bindings::pwlocks_requesters_wait() };
}

impl Switch {
    /// To remote mode. What a notifier's `enter()` returns; then nothing has changed.
    fn to_remote(&self) -> Result {
        for (entered, notifier) in self.notifiers.iter().enumerate() {
            if let Err(error) = notifier.enter() {
                for notifier in self.notifiers[..entered].iter().rev() {
                    notifier.leave();
                }
                return Err(error);
            }
        }

        let tasks = self.notifiers.iter().any(|each| each.raw().tasks);

        // SAFETY: Task context, CPU hotplug not locked.
        unsafe { bindings::pwlocks_key_set(true) };
        stretch_time();
        wait_for_local_sections(tasks);
        stretch_time();
        // SAFETY: All local users take the spinlock, and who did not is gone.
        unsafe { bindings::pwlocks_requesters_allow() };
        stretch_time();
        for notifier in &self.notifiers {
            notifier.remote_allowed();
        }
        Ok(())
    }

    /// To local mode. Can't fail.
    fn to_local(&self) {
        // SAFETY: In order at any time.
        unsafe { bindings::pwlocks_requesters_forbid() };
        stretch_time();
        for notifier in self.notifiers.iter().rev() {
            notifier.remote_forbidden();
        }
        wait_for_requesters();
        stretch_time();
        // SAFETY: Task context, CPU hotplug not locked; no requester has a token.
        unsafe { bindings::pwlocks_key_set(false) };
        stretch_time();
        for notifier in self.notifiers.iter().rev() {
            notifier.leave();
        }
    }

    /// Does what `request` asks for.
    ///
    /// `EOPNOTSUPP` if the build has no remote mode, else what a notifier said; then the mode, its
    /// reason and the request stay what they were.
    fn request(&mut self, request: Request) -> Result {
        let (remote, reason) = request.decide();

        if request == Request::Remote && !remote {
            pr_err!("pwlocks=1 refused: {}\n", reason.as_str());
            return Err(Error::from_errno(-(kernel::bindings::EOPNOTSUPP as c_int)));
        }
        if remote != mode::is_remote() {
            if remote {
                self.to_remote()?;
            } else {
                self.to_local();
            }
        }
        self.request = request;
        mode::set_reason(reason);
        Ok(())
    }
}

/// Puts in force what `pwlocks=` asks for; from now on it can be switched. For the end of module
/// init, before a user of the locks can be loaded: there is nobody to wait for. May sleep.
pub(crate) fn start() {
    let mut switch = lock();
    let (remote, reason) = switch.request.decide();

    if switch.request == Request::Remote && !remote {
        pr_warn!("pwlocks=1 has no effect: {}\n", reason.as_str());
    }
    // SAFETY: Task context, CPU hotplug not locked; nobody has a lock.
    unsafe { bindings::pwlocks_key_set(remote) };
    if remote {
        // SAFETY: All local users to come take the spinlock.
        unsafe { bindings::pwlocks_requesters_allow() };
    }
    mode::set_reason(reason);
    switch.phase = Phase::Running;

    pr_info!(
        "mode {} ({})\n",
        if remote { "remote" } else { "local" },
        reason.as_str()
    );
}

/// From now on nothing is switched. For module exit, which the parameter outlives a little.
pub(crate) fn stop() {
    let mut switch = lock();

    switch.phase = Phase::Going;
    // Users hold the module, so none is left; the memory is.
    switch.notifiers = KVec::new();
}

/// Takes a value of `pwlocks=` (rust/helpers/param.c), at load time or written to sysfs: 0, or a
/// negative errno, and then a line in the log says why and the mode is what it was.
///
/// # Safety
///
/// `val` must be a C string. Task context.
#[no_mangle]
pub unsafe extern "C" fn pwlocks_request_mode(val: *const c_char) -> c_int {
    // SAFETY: By the function's requirements.
    let val = unsafe { CStr::from_char_ptr(val) }.to_bytes();
    // A write to sysfs may end with a newline.
    let val = val.strip_suffix(b"\n").unwrap_or(val);

    let Some(request) = Request::parse(val) else {
        pr_err!(
            "invalid value \"{}\" for pwlocks=, accepted: {}\n",
            BStr::from_bytes(val),
            Request::ACCEPTED
        );
        return EINVAL.to_errno();
    };
    let mut switch = lock();

    let result = match switch.phase {
        Phase::Loading => {
            switch.request = request;
            Ok(())
        }
        Phase::Running => switch.request(request),
        Phase::Going => Err(ENODEV),
    };
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// Adds a notifier; in remote mode it follows before this returns. See [`crate::notifier`].
///
/// 0, `-ENOMEM`, or what `enter()` returns. May sleep.
///
/// # Safety
///
/// `notifier` must stay valid, with a C string for a name and callbacks that may be called with its
/// context, until it is removed. Task context, CPU hotplug not locked, not from work.
#[no_mangle]
pub unsafe extern "C" fn pwlocks_notifier_add(notifier: *mut bindings::pw_notifier) -> c_int {
    let Some(notifier) = NonNull::new(notifier) else {
        return EINVAL.to_errno();
    };
    let mut switch = lock();
    // INVARIANT: By the function's requirements.
    let notifier = Listed(notifier);

    if let Err(error) = switch.notifiers.reserve(1, GFP_KERNEL) {
        return Error::from(error).to_errno();
    }
    if mode::is_remote() {
        if let Err(error) = notifier.enter() {
            return error.to_errno();
        }
        // The locks are spinlocks already: it is its own users that it has to wait for.
        wait_for_local_sections(notifier.raw().tasks);
        notifier.remote_allowed();
    }
    // There is room.
    match switch.notifiers.push_within_capacity(notifier) {
        Ok(()) => 0,
        Err(_) => ENOMEM.to_errno(),
    }
}

/// Removes a notifier; in remote mode it leaves before this returns. May sleep.
///
/// # Safety
///
/// `notifier` must have been added and not been removed. Task context, CPU hotplug not locked, not
/// from work.
#[no_mangle]
pub unsafe extern "C" fn pwlocks_notifier_remove(notifier: *mut bindings::pw_notifier) {
    let mut switch = lock();

    if mode::is_remote() {
        for notifier in switch
            .notifiers
            .iter()
            .filter(|each| each.0.as_ptr() == notifier)
        {
            notifier.remote_forbidden();
            wait_for_requesters();
            notifier.leave();
        }
    }
    switch.notifiers.retain(|each| each.0.as_ptr() != notifier);
}
