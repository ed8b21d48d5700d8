// SPDX-License-Identifier: GPL-2.0

//! Work for an owner CPU: run by the requester, or queued there.

use crate::{
    bindings,
    cpu::Cpu,
    owner::Owner,
    workqueue::{
        PerCpuQueue,
        PerCpuWork,
        RunOn, //
    },
};
use core::pin::Pin;
use kernel::{
    ffi::c_int,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc,
        LockClassKey, //
    },
    types::NotThreadSafe,
};

/// What is done for an owner CPU.
pub trait Run: Send + Sync + 'static {
    /// Does the work for the CPU that `owner` names.
    ///
    /// Context: task, may sleep. Runs on the requester in remote mode, on a worker of the owner in
    /// local mode, on the CPU that took the owner down when that has died; possibly for several
    /// owners at once, and in remote mode for one owner on several CPUs at once; where the mode has
    /// just changed, on the requester and on a worker at once. A switch to local mode waits for
    /// requesters in here, so here the mode must not be switched nor anything waited for that a
    /// switch may be holding up.
    fn run(&self, owner: &Owner<'_>);
}

impl<R: Run> Run for Arc<R> {
    #[inline]
    fn run(&self, owner: &Owner<'_>) {
        (**self).run(owner)
    }
}

/// A work item for every possible CPU, all doing the same (`struct pw_struct`).
pub struct PwWork<R: Run> {
    /// For when a worker is to do it.
    work: PerCpuWork<Queued<R>>,
    /// Whether requesters may run it in remote mode.
    remote: Atomic<bool>,
}

/// Creates a [`PwWork`] with a lock class of its own: `new_pw_work!(run, queue [, "name"])`.
#[macro_export]
macro_rules! new_pw_work {
    ($run:expr, $queue:expr $(, $name:literal)? $(,)?) => {
        $crate::work::PwWork::new(
            $run,
            $queue,
            ::kernel::optional_name!($($name)?),
            ::kernel::static_lock_class!(),
        )
    };
}

impl<R: Run> PwWork<R> {
    /// Allocates and initialises every possible CPU's work item (`INIT_PW()`).
    ///
    /// May sleep. `ENOMEM` if there is no memory.
    pub fn new(
        run: R,
        queue: Arc<PerCpuQueue>,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> Result<Self> {
        Ok(Self {
            work: PerCpuWork::new(Queued(run), queue, name, key)?,
            remote: Atomic::new(true),
        })
    }

    /// Has the work done for `cpu` (`pw_queue_on()`).
    ///
    /// Remote mode: runs it here, now, and returns when it is done. Local mode: queues it on `cpu`
    /// unless it is queued there already. Returns whether something was queued, that is, whether
    /// [`Self::flush_on`] has anything to wait for. Context: task, may sleep.
    pub fn queue_on(&self, cpu: Cpu) -> bool {
        if self.run_here(cpu) {
            return false;
        }
        self.queue_there(cpu);
        true
    }

    /// [`Self::queue_on`], but `None`, with nothing done, where the work would have to be queued on
    /// a CPU that is not online: a workqueue does not promise to run it there.
    ///
    /// The CPU may still go down after the look; then the work is refused the CPU's locks.
    pub fn queue_on_online(&self, cpu: Cpu) -> Option<bool> {
        if self.run_here(cpu) {
            return Some(false);
        }
        if !cpu.is_online() {
            return None;
        }
        self.queue_there(cpu);
        Some(true)
    }

    /// Has the work queued in remote mode as well (`false`), or not any more (`true`, the default).
    ///
    /// For an owner of the work whose locks do not always exclude requesters, see
    /// [`crate::notifier`]. What runs when this is called is not waited for. Any context.
    pub fn allow_remote(&self, allowed: bool) {
        // What came before, such as a wait for local holders, requesters must not see undone.
        self.remote.store(allowed, Release);
    }

    /// Runs the work here if requesters may, and returns whether they may. Both in one section, for
    /// a switch to wait for.
    fn run_here(&self, cpu: Cpu) -> bool {
        let Some(_requester) = Requester::begin() else {
            return false;
        };

        if !self.remote.load(Acquire) {
            return false;
        }
        trace_queue(cpu, true);
        run_traced(self.target(), &Owner::of_requester(cpu), true);
        true
    }

    fn queue_there(&self, cpu: Cpu) {
        if self.work.queue_on(cpu) {
            trace_queue(cpu, false);
        }
    }

    /// Waits for what [`Self::queue_on`] queued on `cpu` (`pw_flush()`).
    ///
    /// Returns at once if that is nothing. Context: task, may sleep, and never from the work itself.
    pub fn flush_on(&self, cpu: Cpu) {
        self.work.flush_on(cpu);
    }

    /// Returns what the work is done with.
    #[inline]
    pub fn target(&self) -> &R {
        &self.work.target().0
    }
}

/// What the workers of a [`PwWork`] do.
struct Queued<R>(R);

impl<R: Run> RunOn for Queued<R> {
    fn run_on(&self, cpu: Cpu) {
        run_traced(&self.0, &Owner::of_worker(cpu), false);
    }
}

/// A requester who does others' work, until dropped: what a switch to local mode waits for.
///
/// # Invariants
///
/// The section is open, and was opened by this task.
struct Requester(c_int, NotThreadSafe);

impl Requester {
    /// `None` in local mode. Task context.
    #[inline]
    fn begin() -> Option<Self> {
        let mut section = 0;

        // SAFETY: `section` is ours.
        let allowed = unsafe { bindings::pwlocks_requester_begin(&mut section) };
        // INVARIANT: Just opened. Not made where it was not, for its drop would close it.
        allowed.then(|| Self(section, NotThreadSafe))
    }
}

impl Drop for Requester {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::pwlocks_requester_end(self.0) };
    }
}

/// Counts and traces that work for `cpu` goes its way.
#[inline]
fn trace_queue(cpu: Cpu, inline: bool) {
    // SAFETY: A possible CPU's number.
    unsafe { bindings::pwlocks_count_queue(cpu.id(), inline) };
    // SAFETY: A possible CPU's number.
    unsafe { bindings::pwlocks_trace_queue(cpu.id(), inline) };
}

#[inline]
fn run_traced<R: Run>(run: &R, owner: &Owner<'_>, inline: bool) {
    // SAFETY: A possible CPU's number.
    unsafe { bindings::pwlocks_trace_run(owner.cpu().id(), inline) };
    run.run(owner);
}
