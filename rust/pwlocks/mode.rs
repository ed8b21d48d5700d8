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

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(pwlocks_mode)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_accepted() {
        let spellings: [(&[&str], Request); 3] = [
            (&["0", "off", "n", "N"], Request::Local),
            (&["1", "on", "y", "Y"], Request::Remote),
            (&["auto"], Request::Auto),
        ];

        for (values, request) in spellings {
            for value in values {
                assert_eq!(Request::parse(value.as_bytes()), Some(request));
            }
        }
    }

    #[test]
    fn what_the_message_lists_is_accepted() {
        for value in Request::ACCEPTED.split(", ") {
            assert!(Request::parse(value.as_bytes()).is_some());
        }
    }

    #[test]
    fn nothing_else_is_accepted() {
        for value in [
            "", "2", "-1", "00", "01", "10", " 0", "0 ", "1\n", "0\0", "ON", "Off", "yes", "no",
            "true", "AUTO", "Auto", "aut", "autox", "default",
        ] {
            assert_eq!(Request::parse(value.as_bytes()), None);
        }
        assert_eq!(Request::parse(b"\xff"), None);
    }

    #[test]
    fn who_asks_for_a_mode_gets_it_where_it_is_built_in() {
        let (local, _) = Request::Local.decide();
        let (remote, _) = Request::Remote.decide();

        assert!(!local);
        assert_eq!(remote, cfg!(CONFIG_PWLOCKS));
    }

    #[test]
    fn auto_is_remote_for_a_reason() {
        let (remote, reason) = Request::Auto.decide();

        assert_eq!(
            remote,
            matches!(reason, Reason::KernelNoise | Reason::Domain)
        );
        assert!(remote || matches!(reason, Reason::NoIsolation | Reason::BuiltOut));
    }

    #[test]
    fn nothing_said_is_auto_or_what_the_build_says() {
        let (remote, reason) = Request::Default.decide();

        if cfg!(all(CONFIG_PWLOCKS, CONFIG_PWLOCKS_DEFAULT)) {
            assert!(remote);
            assert!(matches!(reason, Reason::BuildDefault));
        } else {
            let (auto_remote, auto_reason) = Request::Auto.decide();

            assert_eq!(remote, auto_remote);
            assert_eq!(reason as u32, auto_reason as u32);
        }
    }

    #[test]
    fn every_reason_is_found_by_its_number() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number);
        }
    }

    #[test]
    fn no_two_reasons_read_alike() {
        for (n, reason) in Reason::ALL.into_iter().enumerate() {
            for other in &Reason::ALL[..n] {
                assert!(reason.as_str() != other.as_str());
            }
        }
    }
}
