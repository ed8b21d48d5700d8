// SPDX-License-Identifier: GPL-2.0

//! Having a function of the kernel's jump to one of ours.
//!
//! `register_ftrace_direct()` in its jmp mode makes the function's ftrace entry a jump to the
//! replacement, which returns to the function's caller: one instruction, with arguments and return
//! value as they are. Tracing of the function goes on working.
//!
//! C header: [`include/linux/ftrace.h`](srctree/include/linux/ftrace.h)

use crate::refusal;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    types::Opaque, //
};

/// The address's lowest bit asks for a jump in place of a call (`ftrace_jmp_set()`).
const JMP: usize = 1;

/// A function and what is to be called in its place.
pub(crate) struct Function {
    name: &'static str,
    entry: *const (),
    replacement_name: &'static str,
    replacement: *const (),
    replaced: &'static Atomic<bool>,
}

// SAFETY: The addresses are of functions.
unsafe impl Sync for Function {}

impl Function {
    /// The function called `name` at `entry` and what replaces it: a function of this module with
    /// the same arguments, return value and rules about contexts, which stays until [`Replacement`]
    /// is dropped and nobody runs in it. `replaced` says whether that is so, for [`Self::replaced_by`].
    pub(crate) const fn new(
        name: &'static str,
        entry: *const (),
        replacement_name: &'static str,
        replacement: *const (),
        replaced: &'static Atomic<bool>,
    ) -> Self {
        Self {
            name,
            entry,
            replacement_name,
            replacement,
            replaced,
        }
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name of what is called in its place, if something is.
    pub(crate) fn replaced_by(&self) -> Option<&'static str> {
        self.replaced.load(Relaxed).then_some(self.replacement_name)
    }
}

/// A function that is replaced until this is dropped.
///
/// # Invariants
///
/// `ops` is registered for `function`.
pub(crate) struct Replacement {
    ops: KBox<Opaque<bindings::ftrace_ops>>,
    function: &'static Function,
}

// SAFETY: Only drop uses `ops`, and ftrace's functions are called from any task.
unsafe impl Send for Replacement {}

// SAFETY: As above.
unsafe impl Sync for Replacement {}

impl Replacement {
    /// Replaces `function`. May sleep.
    ///
    /// `EBUSY` if something else is called in its place already, a BPF trampoline for instance, or if
    /// ftrace is turned off; `EINVAL` if the function has no ftrace entry; `ENODEV` if ftrace is dead;
    /// `ENOMEM`. The log says why, and what to do.
    ///
    /// # Safety
    ///
    /// `function` must be as [`Function::new`] says.
    pub(crate) unsafe fn new(function: &'static Function) -> Result<Self> {
        let refused = |error| refusal::log(function.name, function.entry.addr(), error);
        // Off is a state of ftrace (`ftrace_enabled`) in which the kernel's functions would be called
        // while other CPUs come for what those don't lock. Permanent is for users who can't have
        // that, livepatch for one: it can't be turned off while they are there.
        let ops = bindings::ftrace_ops {
            flags: bindings::FTRACE_OPS_FL_PERMANENT as usize,
            ..pin_init::zeroed()
        };
        let ops = KBox::new(Opaque::new(ops), GFP_KERNEL)?;
        let address = function.replacement.addr() | JMP;

        // SAFETY: `ops` is zeroed but for a flag, which is uninitialised to ftrace.
        to_result(unsafe {
            bindings::ftrace_set_filter_ip(ops.get(), function.entry.addr(), 0, 0)
        })
        .inspect_err(|&error| refused(error))?;

        // SAFETY: `ops` stays in its place until it is unregistered; by the function's requirements
        // for the rest.
        match to_result(unsafe { bindings::register_ftrace_direct(ops.get(), address) }) {
            Ok(()) => {
                function.replaced.store(true, Relaxed);
                // INVARIANT: Just registered.
                Ok(Self { ops, function })
            }
            Err(error) => {
                // SAFETY: Not registered; frees the filter.
                unsafe { bindings::ftrace_free_filter(ops.get()) };
                refused(error);
                Err(error)
            }
        }
    }
}

impl Drop for Replacement {
    /// Puts the kernel's function back. Somebody may be in the replacement yet.
    fn drop(&mut self) {
        let address = self.function.replacement.addr() | JMP;
        // SAFETY: By the type invariants.
        let result = unsafe { bindings::unregister_ftrace_direct(self.ops.get(), address, true) };

        if result == 0 {
            self.function.replaced.store(false, Relaxed);
            return;
        }

        // ftrace has found an error of its own and changes nothing any more. Then our text must not
        // go, whoever waits for us.
        pr_emerg!("{} is still replaced: ftrace's error {result}; this module can't be unloaded, nor the mode be changed, reboot\n", self.function.name);
        loop {
            fsleep(Delta::from_secs(3600));
        }
    }
}
