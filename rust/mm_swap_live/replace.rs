// SPDX-License-Identifier: GPL-2.0

//! Having functions of the kernel's jump to ours.
//!
//! A direct call of ftrace's, in its jmp mode, makes a function's ftrace entry a jump to the
//! replacement, which returns to the function's caller: one instruction, with arguments and return
//! value as they are. Tracing of the function goes on working.
//!
//! `update_ftrace_direct_add()`, which BPF trampolines use, does it for several functions at once, and
//! undoes it with one grace period for all. `register_ftrace_direct()`, which is exported, takes one
//! for each: ten of them, that is seconds.
//!
//! C header: [`include/linux/ftrace.h`](srctree/include/linux/ftrace.h)

use crate::{
    refusal,
    symbols, //
};
use core::{
    ptr::NonNull,
    slice, //
};
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

/// Which functions are called instead of which, for ftrace (`struct ftrace_hash`).
struct Hash(NonNull<bindings::ftrace_hash>);

impl Hash {
    /// The logarithm of the number of buckets.
    const BITS: core::ffi::c_int = 4;

    /// `EINVAL` if one of `functions` has no ftrace entry, `ENOMEM`; the log says why.
    fn new(functions: &[Function]) -> Result<Self> {
        // SAFETY: Task context.
        let hash = unsafe { symbols::alloc_ftrace_hash(Self::BITS) };
        let this = Self(NonNull::new(hash).ok_or(ENOMEM)?);

        for function in functions {
            #[cfg(SABOTAGE_ONE_NOT_REPLACED)]
            if function.name == "__folio_batch_add_and_move" {
                continue;
            }
            // SAFETY: Takes any address; task context.
            let location = unsafe { symbols::ftrace_location(function.entry.addr()) };

            if location == 0 {
                refusal::log(function.name, 0, EINVAL);
                return Err(EINVAL);
            }
            // SAFETY: The hash is ours.
            let entry = unsafe {
                symbols::add_ftrace_hash_entry_direct(
                    this.0.as_ptr(),
                    location,
                    function.replacement.addr() | JMP,
                )
            };

            if entry.is_null() {
                return Err(ENOMEM);
            }
        }
        Ok(this)
    }
}

impl Drop for Hash {
    fn drop(&mut self) {
        // SAFETY: The hash is ours; ftrace works on copies.
        unsafe { symbols::free_ftrace_hash(self.0.as_ptr()) };
    }
}

/// Functions that are replaced until this is dropped.
///
/// # Invariants
///
/// `ops` is registered with what is in `hash`, which is `functions`.
pub(crate) struct Replacement {
    ops: KBox<Opaque<bindings::ftrace_ops>>,
    hash: Hash,
    functions: &'static [Function],
}

// SAFETY: Only drop uses `ops` and `hash`, and ftrace's functions are called from any task.
unsafe impl Send for Replacement {}

// SAFETY: As above.
unsafe impl Sync for Replacement {}

impl Replacement {
    /// Replaces all of `functions`, or none. May sleep.
    ///
    /// `EBUSY` if for one something else is called in its place already, a BPF trampoline for
    /// instance, or if ftrace is turned off; `EINVAL` if one has no ftrace entry; `ENODEV` if ftrace
    /// is dead; `ENOMEM`. The log says why, and what to do.
    ///
    /// # Safety
    ///
    /// `functions` must be as [`Function::new`] says.
    pub(crate) unsafe fn new(functions: &'static [Function]) -> Result<Self> {
        // SAFETY: By the function's requirements.
        let result = unsafe { Self::try_new(functions) };

        if result.as_ref().err() != Some(&EBUSY) {
            return result;
        }

        // For which one? It may be over by the time we look; then the first one will do.
        let refused = functions
            .iter()
            // SAFETY: By the function's requirements.
            .find(|function| unsafe { Self::try_new(slice::from_ref(*function)) }.is_err())
            .or(functions.first());

        if let Some(function) = refused {
            refusal::log(function.name, function.entry.addr(), EBUSY);
        }
        result
    }

    /// [`Self::new`], which does not say why where it returns `EBUSY`.
    ///
    /// # Safety
    ///
    /// As for [`Self::new`].
    unsafe fn try_new(functions: &'static [Function]) -> Result<Self> {
        // Off is a state of ftrace (`ftrace_enabled`) in which the kernel's functions would be called
        // while other CPUs come for what those don't lock. Permanent is for users who can't have
        // that, livepatch for one: it can't be turned off while they are there.
        let ops = bindings::ftrace_ops {
            flags: bindings::FTRACE_OPS_FL_PERMANENT as usize,
            ..pin_init::zeroed()
        };
        let ops = KBox::new(Opaque::new(ops), GFP_KERNEL)?;
        let hash = Hash::new(functions)?;

        // SAFETY: `ops` is zeroed but for a flag, which is uninitialised to ftrace, and stays in its
        // place until it is unregistered; by the function's requirements for the rest.
        let result = unsafe { symbols::update_ftrace_direct_add(ops.get(), hash.0.as_ptr()) };

        if let Err(error) = to_result(result) {
            // ftrace may have had `ops` in its list before it failed (an `IPMODIFY` of another's, for
            // one), and who walks that with preemption disabled may be looking at it yet.
            //
            // SAFETY: May sleep.
            unsafe { bindings::synchronize_rcu() };
            return Err(match error {
                // EINVAL is what it returns where there is a direct call already.
                EINVAL | EBUSY => EBUSY,
                error => {
                    refusal::log(functions.first().map_or("", Function::name), 0, error);
                    error
                }
            });
        }
        for function in functions {
            function.replaced.store(true, Relaxed);
        }
        // INVARIANT: Just registered.
        Ok(Self {
            ops,
            hash,
            functions,
        })
    }
}

impl Drop for Replacement {
    /// Puts the kernel's functions back. Somebody may be in a replacement yet.
    fn drop(&mut self) {
        let name = self.functions.first().map_or("", Function::name);
        let mut logged = false;

        loop {
            // SAFETY: By the type invariants.
            let result =
                unsafe { symbols::update_ftrace_direct_del(self.ops.get(), self.hash.0.as_ptr()) };

            if result == 0 {
                break;
            }

            // For want of a little memory, or because ftrace has found an error of its own and
            // changes nothing any more. Either way our text must not go, whoever waits for us.
            if !logged {
                pr_emerg!("{name} is still replaced: ftrace's error {result}, see the log above; trying on, if that does not end reboot\n");
                logged = true;
            }
            fsleep(Delta::from_secs(1));
        }
        for function in self.functions {
            function.replaced.store(false, Relaxed);
        }
    }
}
