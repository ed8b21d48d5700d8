// SPDX-License-Identifier: GPL-2.0

//! The state of CPUs that have gone down.
//!
//! C header: [`include/linux/cpuhotplug.h`](srctree/include/linux/cpuhotplug.h)

use crate::{
    bindings,
    cpu::Cpu,
    owner::Owner,
    work::Run, //
};
use core::ffi::c_void;
use kernel::{
    error::to_result,
    prelude::*,
    types::Opaque, //
};

/// Has something done for every CPU that goes down, as `page_alloc_cpu_dead()` does in mm.
///
/// The callback gets an [`Owner`] token, so what it touches it locks: a remote drain of the same
/// CPU may be under way. It runs on another CPU, in task context, with CPU hotplug locked.
///
/// # Invariants
///
/// `hp` is registered from construction to drop, and its context is `run`.
#[pin_data(PinnedDrop)]
pub struct CpuDead<R: Run> {
    #[pin]
    hp: Opaque<bindings::pw_cpuhp>,
    run: KBox<R>,
}

// SAFETY: `hp` is only touched by construction and drop; the hotplug core locks its lists.
unsafe impl<R: Run> Send for CpuDead<R> {}

// SAFETY: As above; `R: Run` is `Sync`.
unsafe impl<R: Run> Sync for CpuDead<R> {}

impl<R: Run> CpuDead<R> {
    /// Registers `run`. May sleep; `ENOMEM` or what the hotplug core returns.
    pub fn new(run: R) -> impl PinInit<Self, Error> {
        let run = KBox::new(run, GFP_KERNEL);

        pin_init::pin_init_scope(move || {
            let run = run?;
            let ctx: *const R = &*run;

            Ok(try_pin_init!(Self {
                hp <- Opaque::try_ffi_init(move |hp: *mut bindings::pw_cpuhp| {
                    // SAFETY: `hp` is valid for writes.
                    unsafe {
                        hp.write(bindings::pw_cpuhp {
                            node: Default::default(),
                            dead: Some(dead::<R>),
                            ctx: ctx.cast_mut().cast(),
                        })
                    };
                    // SAFETY: `hp` is initialised, does not move, and is removed by drop.
                    to_result(unsafe { bindings::pwlocks_cpuhp_add(hp) })
                }),
                run,
            }? Error))
        })
    }
}

#[pinned_drop]
impl<R: Run> PinnedDrop for CpuDead<R> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariants it is registered.
        unsafe { bindings::pwlocks_cpuhp_remove(self.hp.get()) };
    }
}

/// What the hotplug core calls.
///
/// # Safety
///
/// `ctx` must point to a live `R`, and `cpu` be a possible CPU that has gone down.
unsafe extern "C" fn dead<R: Run>(ctx: *mut c_void, cpu: u32) {
    // SAFETY: By the function's requirements.
    let run = unsafe { &*ctx.cast::<R>() };

    if let Some(cpu) = Cpu::new(cpu) {
        run.run(&Owner::of_dead(cpu));
    }
}

/// The hotplug state that all callbacks are instances of; the module's.
pub(crate) struct HotplugState(());

impl HotplugState {
    /// Sets the state up. May sleep.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: Called once, by module init, before anyone can add an instance.
        to_result(unsafe { bindings::pwlocks_cpuhp_init() })?;
        Ok(Self(()))
    }
}

impl Drop for HotplugState {
    fn drop(&mut self) {
        // SAFETY: Users hold the module, so no instance is left.
        unsafe { bindings::pwlocks_cpuhp_exit() };
    }
}
