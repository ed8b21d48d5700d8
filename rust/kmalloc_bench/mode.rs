// SPDX-License-Identifier: GPL-2.0

//! The mode of pwlocks.ko, where that is loaded.
//!
//! The figures of a stock kernel are wanted as well, so this module must not depend on pwlocks.ko:
//! its symbol is looked up when it is needed.

use core::mem::transmute;
use kernel::{
    bindings,
    ffi::c_void,
    prelude::*,
    str::CStr, //
};

/// `bool pwlocks_mode_is_remote(void)` of pwlocks.ko.
const IS_REMOTE: &CStr = c"pwlocks_mode_is_remote";

/// What other CPUs do with this CPU's state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// pwlocks.ko is not loaded.
    Stock,
    /// `pwlocks=0`: they queue work on this CPU.
    Local,
    /// `pwlocks=1`: they take this CPU's lock.
    Remote,
}

impl Mode {
    /// The mode in force now. May sleep.
    pub(crate) fn current() -> Self {
        let name = IS_REMOTE.as_char_ptr();
        // SAFETY: `name` is a NUL-terminated string.
        let symbol = unsafe { bindings::__symbol_get(name) };
        if symbol.is_null() {
            return Self::Stock;
        }
        // SAFETY: The symbol is a function of this type, in `rust/helpers/key.c`.
        let is_remote = unsafe { transmute::<*mut c_void, extern "C" fn() -> bool>(symbol) };
        let remote = is_remote();
        // SAFETY: The reference to its module was taken above, and `is_remote` isn't used again.
        unsafe { bindings::__symbol_put(name) };
        if remote {
            Self::Remote
        } else {
            Self::Local
        }
    }

    /// The name used in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }

    /// The value of `pwlocks=` as JSON.
    pub(crate) fn pwlocks(self) -> &'static str {
        match self {
            Self::Stock => "null",
            Self::Local => "0",
            Self::Remote => "1",
        }
    }
}
