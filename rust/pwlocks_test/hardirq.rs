// SPDX-License-Identifier: GPL-2.0

//! Tries from a hard interrupt.

use crate::{
    bindings,
    context,
    interrupt::{
        self,
        Interrupt, //
    },
    verdict::Verdict, //
};
use core::ffi::c_void;
use kernel::{
    error::to_result,
    prelude::*, //
};
use pwlocks::cpu::Cpu;

/// The interrupt that calls a function on another CPU.
pub(crate) struct Hardirq;

impl Interrupt for Hardirq {
    fn call_on<F: Fn() + Sync>(&self, cpu: Cpu, func: &F) -> Result {
        // SAFETY: `func` is an `F` and outlives the call, which is waited for.
        to_result(unsafe {
            bindings::pwlocks_test_call_on(
                cpu.id(),
                Some(call::<F>),
                core::ptr::from_ref(func).cast_mut().cast(),
            )
        })
    }

    fn is_here() -> bool {
        context::in_hardirq()
    }
}

/// # Safety
///
/// `ctx` must point to a live `F`.
unsafe extern "C" fn call<F: Fn() + Sync>(ctx: *mut c_void) {
    // SAFETY: By the function's requirements; `F: Sync` may be shared with this CPU.
    let func = unsafe { &*ctx.cast::<F>() };

    func();
}

/// Of a lock that is free, or held with interrupts on.
pub(crate) fn trylock() -> Verdict {
    interrupt::trylock(&Hardirq, |lock, meanwhile| {
        let _guard = lock.lock_local();

        meanwhile();
    })
}
