// SPDX-License-Identifier: GPL-2.0

//! Work items that workers of their CPUs run, and the queue they are in.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::{
    bindings,
    cpu::{
        self,
        Cpu, //
    },
    percpu::PerCpu,
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    sync::{
        Arc,
        LockClassKey, //
    },
    types::Opaque,
};

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
}

impl Drop for PerCpuQueue {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants; users borrow the queue, so none is left.
        unsafe { kernel::bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

/// What a worker does.
pub trait RunOn: Send + Sync {
    /// Does what was queued for `cpu`. Task context, on `cpu`; elsewhere if that has gone down.
    fn run_on(&self, cpu: Cpu);
}

/// One CPU's work item. The `work_struct` comes first: C hands its address to [`run`].
#[repr(C)]
struct Item<R> {
    work: Opaque<kernel::bindings::work_struct>,
    cpu: Cpu,
    run: NonNull<R>,
}

// SAFETY: `run` is only used to call `RunOn::run_on`, and `R: RunOn` is `Send` and `Sync`.
unsafe impl<R: RunOn> Send for Item<R> {}

// SAFETY: As above; the work_struct synchronises internally.
unsafe impl<R: RunOn> Sync for Item<R> {}

/// A work item for every possible CPU, all doing the same, each on its CPU whatever the mode.
///
/// By itself it is for per-CPU state that has no PW lock; see patch 2/4 of the series, which keeps
/// the buffer-head LRUs on the workqueue. [`PwWork`](crate::work::PwWork) is the one that follows the
/// mode.
///
/// # Invariants
///
/// `items[cpu].run` points to `run`, which lives in its box until all items are idle for good.
pub struct PerCpuWork<R: RunOn> {
    // Dropped in this order, after `drop()` has waited for the items.
    items: PerCpu<Item<R>>,
    run: KBox<R>,
    queue: Arc<PerCpuQueue>,
}

impl<R: RunOn> PerCpuWork<R> {
    /// Allocates and initialises every possible CPU's work item. May sleep. `ENOMEM` if there is no
    /// memory.
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
                    Some(self::run::<R>),
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
        })
    }

    /// Queues the work on `cpu`, which should be online; false if it is queued already. Any context.
    pub fn queue_on(&self, cpu: Cpu) -> bool {
        let work = self.items.get(cpu).work.get();

        // SAFETY: The work item is initialised and lives as long as `self`; the queue is ours.
        unsafe { kernel::bindings::queue_work_on(cpu.id() as i32, self.queue.0.as_ptr(), work) }
    }

    /// Waits for what was queued on `cpu`. Task context, may sleep, and never from the work itself.
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

impl<R: RunOn> Drop for PerCpuWork<R> {
    fn drop(&mut self) {
        for cpu in cpu::possible() {
            // SAFETY: The work item is initialised and nobody can queue it any more.
            unsafe { kernel::bindings::cancel_work_sync(self.items.get(cpu).work.get()) };
        }
    }
}

/// What a worker calls.
///
/// # Safety
///
/// `work` must be the first field of an initialised [`Item<R>`] of a live [`PerCpuWork<R>`].
unsafe extern "C" fn run<R: RunOn>(work: *mut kernel::bindings::work_struct) {
    // SAFETY: By the function's requirements.
    let item = unsafe { &*work.cast::<Item<R>>() };
    // SAFETY: By the invariants of `PerCpuWork`, whose drop waits for this item.
    let run = unsafe { item.run.as_ref() };

    run.run_on(item.cpu);
}
