// SPDX-License-Identifier: GPL-2.0

//! Work that always runs on its CPU: a plain work item per CPU.
//!
//! For per-CPU state that has no PW lock, whatever the mode; see patch 2/4 of the series, which
//! keeps the buffer-head LRUs on the workqueue.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

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
use pwlocks::{
    cpu::{
        self,
        Cpu, //
    },
    percpu::PerCpu,
    work::PerCpuQueue,
};

/// What the work does.
pub(crate) trait Run: Send + Sync {
    /// Does it, in task context, on the CPU it was queued for; elsewhere if that has gone down.
    fn run(&self);
}

/// One CPU's work item. The `work_struct` comes first: C hands its address to [`run_on_cpu`].
#[repr(C)]
struct Item<R> {
    work: Opaque<kernel::bindings::work_struct>,
    run: NonNull<R>,
}

// SAFETY: `run` is only used to call `Run::run`, and `R: Run` is `Send` and `Sync`.
unsafe impl<R: Run> Send for Item<R> {}

// SAFETY: As above; the work_struct synchronises internally.
unsafe impl<R: Run> Sync for Item<R> {}

/// A work item for every possible CPU, all doing the same.
///
/// # Invariants
///
/// `items[cpu].run` points to `run`, which lives in its box until all items are idle for good.
pub(crate) struct CpuWork<R: Run> {
    // Dropped in this order, after `drop()` has waited for the items.
    items: PerCpu<Item<R>>,
    _run: KBox<R>,
    queue: Arc<PerCpuQueue>,
}

impl<R: Run> CpuWork<R> {
    /// Allocates and initialises every possible CPU's work item. May sleep. `ENOMEM` if there is no
    /// memory.
    pub(crate) fn new(
        run: R,
        queue: Arc<PerCpuQueue>,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> Result<Self> {
        let run = KBox::new(run, GFP_KERNEL)?;
        let shared = NonNull::from(&*run);

        let make = |_cpu, item: *mut Item<R>| {
            // SAFETY: `item` is valid for writes, and so is its field.
            let work = unsafe { Opaque::cast_into(&raw const (*item).work) };
            // SAFETY: `item` is valid for writes, and so is its field.
            let target = unsafe { &raw mut (*item).run };

            // SAFETY: `work` is valid for writes and does not move; name and key are static.
            unsafe {
                kernel::bindings::init_work_with_key(
                    work,
                    Some(run_on_cpu::<R>),
                    false,
                    name.as_char_ptr(),
                    key.as_ptr(),
                )
            };
            // SAFETY: Valid for writes, see above.
            unsafe { target.write(shared) };
        };

        // INVARIANT: `make` points every item at the box's content.
        Ok(Self {
            // SAFETY: `make` writes both fields.
            items: unsafe { PerCpu::new_with(make) }?,
            _run: run,
            queue,
        })
    }

    /// Queues the work on `cpu`, which should be online, unless it is queued already.
    pub(crate) fn queue_on(&self, cpu: Cpu) {
        let work = self.items.get(cpu).work.get();

        // SAFETY: The work item is initialised and lives as long as `self`; so does the queue.
        unsafe { kernel::bindings::queue_work_on(cpu.id() as i32, self.queue.as_ptr(), work) };
    }

    /// Waits for what was queued on `cpu`. Task context, may sleep.
    pub(crate) fn flush_on(&self, cpu: Cpu) {
        // SAFETY: The work item is initialised and lives as long as `self`.
        unsafe { kernel::bindings::flush_work(self.items.get(cpu).work.get()) };
    }
}

impl<R: Run> Drop for CpuWork<R> {
    fn drop(&mut self) {
        for cpu in cpu::possible() {
            // SAFETY: The work item is initialised and nobody can queue it any more.
            unsafe { kernel::bindings::cancel_work_sync(self.items.get(cpu).work.get()) };
        }
    }
}

/// What a worker of the CPU calls.
///
/// # Safety
///
/// `work` must be the first field of an initialised [`Item<R>`] of a live [`CpuWork<R>`].
unsafe extern "C" fn run_on_cpu<R: Run>(work: *mut kernel::bindings::work_struct) {
    // SAFETY: By the function's requirements.
    let item = unsafe { &*work.cast::<Item<R>>() };
    // SAFETY: By the invariants of `CpuWork`, whose drop waits for this item.
    let run = unsafe { item.run.as_ref() };

    run.run();
}
