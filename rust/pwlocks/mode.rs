// SPDX-License-Identifier: GPL-2.0

//! The mode: what `pwlocks=` asked for, what is in force, and why.

use crate::bindings;
use kernel::{
    ffi::{
        c_char,
        c_int, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// What `pwlocks=` may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Nothing was said: `auto`, or what the build says.
    Default,
    /// `0`, `off`, `n`.
    Local,
    /// `1`, `on`, `y`.
    Remote,
    /// `auto`: remote where the kernel isolates CPUs.
    Auto,
}

/// The spellings that are accepted, for the message about one that is not.
const ACCEPTED: &str = "0, 1, off, on, n, y, auto";

impl Request {
    /// Parses a value of `pwlocks=`.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        // A write to sysfs ends with a newline.
        let value = value.strip_suffix(b"\n").unwrap_or(value);

        match value {
            b"0" | b"off" | b"n" | b"N" => Some(Self::Local),
            b"1" | b"on" | b"y" | b"Y" => Some(Self::Remote),
            b"auto" => Some(Self::Auto),
            _ => None,
        }
    }

    fn as_u32(self) -> u32 {
        self as u32
    }

    fn from_u32(value: u32) -> Self {
        [Self::Local, Self::Remote, Self::Auto]
            .into_iter()
            .find(|request| request.as_u32() == value)
            .unwrap_or(Self::Default)
    }
}

/// The last accepted value of `pwlocks=`, which comes before the module's init.
static REQUEST: Atomic<u32> = Atomic::new(Request::Default as u32);

/// Why the mode is what it is.
#[derive(Clone, Copy)]
pub(crate) enum Reason {
    /// `CONFIG_PWLOCKS=n`.
    BuiltOut,
    /// The parameter said so.
    Asked,
    /// `CONFIG_PWLOCKS_DEFAULT=y` and no parameter.
    BuildDefault,
    /// `auto`, and the kernel keeps its noise off some CPUs.
    KernelNoise,
    /// `auto`, and some CPUs are out of the scheduling domains.
    Domain,
    /// `auto`, and no CPU is isolated.
    NoIsolation,
}

impl Reason {
    /// Returns the reason in words.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BuiltOut => "built with CONFIG_PWLOCKS=n",
            Self::Asked => "pwlocks= asks for it",
            Self::BuildDefault => "built with CONFIG_PWLOCKS_DEFAULT=y",
            Self::KernelNoise => "auto: nohz_full= or isolcpus=nohz isolates CPUs",
            Self::Domain => "auto: isolcpus=domain or a cpuset partition isolates CPUs",
            Self::NoIsolation => "auto: no CPU is isolated",
        }
    }
}

/// Returns whether remote mode is in force. Not for hot paths: those read the static key in C.
#[inline]
pub fn is_remote() -> bool {
    // SAFETY: Reads the state of a static key.
    unsafe { bindings::pwlocks_mode_is_remote() }
}

/// Returns the mode that `request` means here, and why.
fn decide(request: Request) -> (bool, Reason) {
    if cfg!(not(CONFIG_PWLOCKS)) {
        return (false, Reason::BuiltOut);
    }

    match request {
        Request::Local => return (false, Reason::Asked),
        Request::Remote => return (true, Reason::Asked),
        Request::Default if cfg!(CONFIG_PWLOCKS_DEFAULT) => return (true, Reason::BuildDefault),
        Request::Default | Request::Auto => (),
    }

    // SAFETY: Reads what was given at boot.
    if unsafe { bindings::pwlocks_kernel_noise_isolated() } {
        return (true, Reason::KernelNoise);
    }
    // SAFETY: Reads what was given at boot or to cpusets.
    if unsafe { bindings::pwlocks_domain_isolated() } {
        return (true, Reason::Domain);
    }
    (false, Reason::NoIsolation)
}

/// Puts the requested mode in force. For module init, which is before any user can hold a lock:
/// a module that uses the locks can't be loaded earlier. May sleep.
pub(crate) fn enforce() -> Reason {
    let request = Request::from_u32(REQUEST.load(Relaxed));
    let (remote, reason) = decide(request);

    if request == Request::Remote && !remote {
        pr_warn!("pwlocks=1 has no effect: {}\n", reason.as_str());
    }
    // SAFETY: No lock exists yet.
    unsafe { bindings::pwlocks_mode_set(remote) };
    reason
}

/// Takes a value of `pwlocks=` (rust/helpers/param.c): 0, or `-EINVAL` and a line that says why.
///
/// # Safety
///
/// `val` must be a C string.
#[no_mangle]
pub unsafe extern "C" fn pwlocks_request_mode(val: *const c_char) -> c_int {
    // SAFETY: By the function's requirements.
    let val = unsafe { CStr::from_char_ptr(val) };

    match Request::parse(val.to_bytes()) {
        Some(request) => {
            REQUEST.store(request.as_u32(), Relaxed);
            0
        }
        None => {
            pr_err!(
                "invalid value \"{}\" for pwlocks=, accepted: {}\n",
                val,
                ACCEPTED
            );
            EINVAL.to_errno()
        }
    }
}
