// SPDX-License-Identifier: GPL-2.0

//! Work for an owner CPU: run by the requester, or queued there.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::{
    bindings,
    cpu::{
        self,
        Cpu, //
    },
    owner::Owner,
    percpu::PerCpu,
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
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
    types::{
        NotThreadSafe,
        Opaque, //
    },
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

/// A workqueue with a worker pool per CPU that makes progress under memory pressure.
///
/// # Invariants
///
/// The pointer is a workqueue that this value owns.
pub struct PerCpuQueue(NonNull<kernel::bindings::workqueue_struct>);

// SAFETY: Workqueues are used from any task.
unsafe impl Send for PerCpuQueue {}

// SAFETY: All operations on workqueues synchronise internally.
unsafe impl Sync for PerCpuQueue {}

impl PerCpuQueue {
    /// Allocates the workqueue. May sleep. `ENOMEM` if there is no memory.
    #[inline]
    pub fn new(name: &'static CStr) -> Result<Self> {
        // SAFETY: The name is a C string.
        let wq = unsafe { bindings::pwlocks_workqueue_alloc(name.as_char_ptr()) };

        // INVARIANT: Just allocated, and not given to anyone else.
        NonNull::new(wq).map(Self).ok_or(ENOMEM)
    }

    /// Returns the workqueue, for work items that are not [`PwWork`]. Valid while `self` lives.
    #[inline]
    pub fn as_ptr(&self) -> *mut kernel::bindings::workqueue_struct {
        self.0.as_ptr()
    }
}

impl Drop for PerCpuQueue {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants; users borrow the queue, so none is left.
        unsafe { kernel::bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

/// One CPU's work item. The `work_struct` comes first: C hands its address to [`run_queued`].
#[repr(C)]
struct Item<R> {
    work: Opaque<kernel::bindings::work_struct>,
    cpu: Cpu,
    run: NonNull<R>,
}

// SAFETY: `run` is only used to call `Run::run`, and `R: Run` is `Send` and `Sync`.
unsafe impl<R: Run> Send for Item<R> {}

// SAFETY: As above; the work_struct synchronises internally.
unsafe impl<R: Run> Sync for Item<R> {}

/// A work item for every possible CPU, all doing the same (`struct pw_struct`).
///
/// # Invariants
///
/// `items[cpu].run` points to `run`, which lives in its box until all items are idle for good.
pub struct PwWork<R: Run> {
    // Dropped in this order, after `drop()` has waited for the items.
    items: PerCpu<Item<R>>,
    run: KBox<R>,
    queue: Arc<PerCpuQueue>,
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
        let run = KBox::new(run, GFP_KERNEL)?;
        let shared = NonNull::from(&*run);

        let make = |cpu, item: *mut Item<R>| {
            // SAFETY: `item` is valid for writes, and so is its field.
            let work = unsafe { Opaque::cast_into(&raw const (*item).work) };
            // SAFETY: `item` is valid for writes, and so is its field.
            let owner = unsafe { &raw mut (*item).cpu };
            // SAFETY: `item` is valid for writes, and so is its field.
            let target = unsafe { &raw mut (*item).run };

            // SAFETY: `work` is valid for writes and does not move; name and key are static.
            unsafe {
                kernel::bindings::init_work_with_key(
                    work,
                    Some(run_queued::<R>),
                    false,
                    name.as_char_ptr(),
                    key.as_ptr(),
                )
            };
            // SAFETY: Valid for writes, see above.
            unsafe { owner.write(cpu) };
            // SAFETY: Valid for writes, see above.
            unsafe { target.write(shared) };
        };

        // INVARIANT: `make` points every item at the box's content.
        Ok(Self {
            // SAFETY: `make` writes all three fields.
            items: unsafe { PerCpu::new_with(make) }?,
            run,
            queue,
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
        run_traced(&*self.run, &Owner::of_requester(cpu), true);
        true
    }

    fn queue_there(&self, cpu: Cpu) {
        let work = self.items.get(cpu).work.get();
        // SAFETY: The work item is initialised and lives as long as `self`; the queue is ours.
        let queued = unsafe {
            kernel::bindings::queue_work_on(cpu.id() as i32, self.queue.0.as_ptr(), work)
        };
        if queued {
            trace_queue(cpu, false);
        }
    }

    /// Waits for what [`Self::queue_on`] queued on `cpu` (`pw_flush()`).
    ///
    /// Returns at once if that is nothing. Context: task, may sleep, and never from the work itself.
    pub fn flush_on(&self, cpu: Cpu) {
        // SAFETY: The work item is initialised and lives as long as `self`.
        unsafe { kernel::bindings::flush_work(self.items.get(cpu).work.get()) };
    }

    /// Returns what the work is done with.
    #[inline]
    pub fn target(&self) -> &R {
        &self.run
    }
}

impl<R: Run> Drop for PwWork<R> {
    fn drop(&mut self) {
        for cpu in cpu::possible() {
            // SAFETY: The work item is initialised and nobody can queue it any more.
            unsafe { kernel::bindings::cancel_work_sync(self.items.get(cpu).work.get()) };
        }
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

/// What a worker of the owner CPU calls.
///
/// # Safety
///
/// `work` must be the first field of an initialised [`Item<R>`] of a live [`PwWork<R>`].
unsafe extern "C" fn run_queued<R: Run>(work: *mut kernel::bindings::work_struct) {
    // SAFETY: By the function's requirements.
    let item = unsafe { &*work.cast::<Item<R>>() };
    // SAFETY: By the invariants of `PwWork`, whose drop waits for this item.
    let run = unsafe { item.run.as_ref() };

    run_traced(run, &Owner::of_worker(item.cpu), false);
}
