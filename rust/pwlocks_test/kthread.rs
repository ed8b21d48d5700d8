// SPDX-License-Identifier: GPL-2.0

//! Kernel threads that borrow from their creator, which waits for them.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use crate::bindings;
use core::{
    ffi::c_void,
    ptr::NonNull, //
};
use kernel::{
    error::to_result,
    new_mutex,
    prelude::*, //
};
use pwlocks::cpu::{
    self,
    Cpu, //
};

/// Where a thread may run.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Bound to this CPU.
    On(Cpu),
    /// Anywhere, and [`Threads::move_to`] moves it.
    Roaming,
}

/// A thread, joined on drop.
///
/// # Invariants
///
/// The pointer is a thread that was started and not joined.
struct Thread(NonNull<bindings::pwlocks_test_thread>);

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::pwlocks_test_thread_join(self.0.as_ptr()) };
    }
}

/// The threads of a [`scope`], by index.
pub(crate) struct Threads(KVec<Thread>);

impl Threads {
    /// Moves a roaming thread to `cpu`, wherever it is in its code. May sleep.
    pub(crate) fn move_to(&self, index: usize, cpu: Cpu) -> Result {
        let thread = self.0.get(index).ok_or(EINVAL)?.0.as_ptr();
        // SAFETY: By the type invariants of `Thread`.
        let task = unsafe { bindings::pwlocks_test_thread_task(thread) };

        // SAFETY: The thread holds a reference to its task.
        to_result(unsafe { bindings::pwlocks_test_move(task, cpu.id()) })
    }
}

/// Calls `body(index)` in a thread for each place, and `main` in this task meanwhile.
///
/// Returns when all are done; `main` is to see to it that they end. May sleep.
pub(crate) fn scope<F, M, U>(places: &[Place], body: F, main: M) -> Result<U>
where
    F: Fn(usize) + Sync,
    M: FnOnce(&Threads) -> U,
{
    // Declared before the threads that borrow it, so that it is dropped after their join.
    let body = body;
    let mut threads = Threads(KVec::with_capacity(places.len(), GFP_KERNEL)?);
    let mut started = Ok(());

    for (index, &place) in places.iter().enumerate() {
        // SAFETY: `body` outlives the threads, which are joined before it goes.
        match unsafe { start(place, index as u32, &body) } {
            Ok(thread) => threads.0.push(thread, GFP_KERNEL)?,
            Err(error) => {
                started = Err(error);
                break;
            }
        }
    }

    // Threads that wait for one that could not be started give up after a while.
    started.map(|()| main(&threads))
}

/// Starts a thread that calls `body(index)`.
///
/// # Safety
///
/// `body` must live until the thread is gone.
unsafe fn start<F: Fn(usize) + Sync>(place: Place, index: u32, body: &F) -> Result<Thread> {
    let cpu = match place {
        Place::On(cpu) => cpu.id() as i32,
        Place::Roaming => -1,
    };
    // SAFETY: `body` is an `F`, and lives as long by the function's requirements.
    let thread = unsafe {
        bindings::pwlocks_test_thread_start(
            Some(call::<F>),
            core::ptr::from_ref(body).cast_mut().cast(),
            index,
            cpu,
        )
    };

    // INVARIANT: Just started.
    NonNull::new(thread).map(Thread).ok_or(ENOMEM)
}

/// [`scope`] with nothing to do for this task.
pub(crate) fn run<F: Fn(usize) + Sync>(places: &[Place], body: F) -> Result {
    scope(places, body, |_| ())
}

/// Runs `body` on `cpu`, in a thread, and returns what it returns.
pub(crate) fn on<U: Send + Unpin>(cpu: Cpu, body: impl Fn() -> U + Sync) -> Result<U> {
    pin_init::stack_pin_init!(let result = new_mutex!(None));

    run(&[Place::On(cpu)], |_| {
        let returned = body();

        *result.lock() = Some(returned);
    })?;
    // The thread ran, or there would have been an error.
    let returned = result.lock().take();
    returned.ok_or(EINVAL)
}

/// Runs `body` on `cpu`, in a thread; whether it comes back from it. If not, the kernel ended the
/// thread there. What it held or borrowed then stays as it was: the thread is gone.
pub(crate) fn comes_back(cpu: Cpu, body: impl Fn() + Sync) -> Result<bool> {
    let body = |_| body();
    // SAFETY: `body` outlives the thread, which is waited for.
    let thread = unsafe { start(Place::On(cpu), 0, &body) }?;
    // Not joined as others are, by what a thread does last.
    let thread = core::mem::ManuallyDrop::new(thread);

    // SAFETY: By the type invariants; the thread is not used again.
    Ok(unsafe { bindings::pwlocks_test_thread_reap(thread.0.as_ptr()) })
}

/// Returns the online CPUs, in ascending order.
pub(crate) fn online() -> Result<KVec<Cpu>> {
    let mut cpus = KVec::new();

    for cpu in cpu::possible().filter(|cpu| cpu.is_online()) {
        cpus.push(cpu, GFP_KERNEL)?;
    }
    Ok(cpus)
}

/// # Safety
///
/// `ctx` must point to a live `F`.
unsafe extern "C" fn call<F: Fn(usize) + Sync>(ctx: *mut c_void, index: u32) {
    // SAFETY: By the function's requirements; `F: Sync` may be shared with this thread.
    let body = unsafe { &*ctx.cast::<F>() };

    body(index as usize);
}
