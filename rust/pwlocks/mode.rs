// SPDX-License-Identifier: GPL-2.0

//! The mode: what `pwlocks=` may ask for, what that means on this kernel, and why.
//!
//! How one mode becomes the other is [`crate::switch`]'s.

use crate::bindings;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
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

impl Request {
    /// The spellings that are accepted, for the message about one that is not.
    pub(crate) const ACCEPTED: &'static str = "0, 1, off, on, n, y, auto";

    /// Parses a value of `pwlocks=`.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        match value {
            b"0" | b"off" | b"n" | b"N" => Some(Self::Local),
            b"1" | b"on" | b"y" | b"Y" => Some(Self::Remote),
            b"auto" => Some(Self::Auto),
            _ => None,
        }
    }

    /// Returns whether remote mode is what this comes to here and now, and why.
    pub(crate) fn decide(self) -> (bool, Reason) {
        if cfg!(not(CONFIG_PWLOCKS)) {
            return (false, Reason::BuiltOut);
        }

        match self {
            Self::Local => return (false, Reason::Asked),
            Self::Remote => return (true, Reason::Asked),
            Self::Default if cfg!(CONFIG_PWLOCKS_DEFAULT) => return (true, Reason::BuildDefault),
            Self::Default | Self::Auto => (),
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
}

/// Why the mode is what it is.
#[derive(Clone, Copy)]
#[repr(u32)]
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
    const ALL: [Self; 6] = [
        Self::BuiltOut,
        Self::Asked,
        Self::BuildDefault,
        Self::KernelNoise,
        Self::Domain,
        Self::NoIsolation,
    ];

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

/// The reason of the mode in force, for debugfs, which reads it without waiting for a switch.
static REASON: Atomic<u32> = Atomic::new(Reason::NoIsolation as u32);

/// Returns why the mode in force is what it is.
pub(crate) fn reason() -> Reason {
    let reason = REASON.load(Relaxed);

    Reason::ALL
        .into_iter()
        .find(|&each| each as u32 == reason)
        .unwrap_or(Reason::NoIsolation)
}

/// Notes why the mode is what it is.
pub(crate) fn set_reason(reason: Reason) {
    REASON.store(reason as u32, Relaxed);
}

/// Returns whether remote mode is in force, that is, whether requesters do the work themselves.
///
/// It may have changed by the time the caller looks at the answer: for displays and tests, not to
/// decide by. [`PwWork`](crate::work::PwWork) decides.
#[inline]
pub fn is_remote() -> bool {
    // SAFETY: Reads a flag.
    unsafe { bindings::pwlocks_mode_is_remote() }
}
