// SPDX-License-Identifier: GPL-2.0

//! What may be in the way of replacing a function, and goes again.

use crate::{bpf::Program, livepatch};
use nix::errno::Errno;
use selftests::{kernel_file, ktap::Verdict, module::Module, realtime};
use std::fmt;

const FTRACE_ENABLED: &str = "/proc/sys/kernel/ftrace_enabled";

/// One of these.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause {
    /// ftrace is turned off.
    FtraceOff,
    /// A BPF program is attached to the entry of this function.
    Bpf(&'static str),
    /// A livepatch of [`livepatch::FUNCTION`].
    Livepatch,
}

impl Cause {
    /// Those that the running kernel has functions for.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::FtraceOff, Self::Bpf("lru_cache_disable")];

        // With PREEMPT_RT this is not replaced.
        if !realtime::kernel_is_rt() {
            all.push(Self::Bpf("munlock_folio"));
        }
        all.push(Self::Livepatch);
        all
    }

    /// Brings it about, until what this returns is gone.
    pub(crate) fn begin(self) -> Result<Present, Errno> {
        match self {
            Self::FtraceOff => kernel_file::try_write(FTRACE_ENABLED, "0").map(|()| Present::Off),
            Self::Bpf(function) => Program::attach(function).map(Present::Bpf),
            Self::Livepatch => livepatch::load().map(Present::Livepatch),
        }
    }

    /// The kernel's error for it while functions are replaced.
    pub(crate) fn refused_with(self) -> Errno {
        match self {
            Self::FtraceOff | Self::Livepatch => Errno::EBUSY,
            Self::Bpf(_) => Errno::EINVAL,
        }
    }

    /// What the line must have: the function if it is one, the cause and the remedy.
    pub(crate) fn words(self) -> [&'static str; 3] {
        match self {
            Self::FtraceOff => [
                "can't be replaced",
                "ftrace is off",
                "write 1 to /proc/sys/kernel/ftrace_enabled",
            ],
            Self::Bpf(function) => [function, "a BPF program", "detach it"],
            Self::Livepatch => [livepatch::FUNCTION, "a livepatch", "disable it"],
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FtraceOff => f.write_str("ftrace is off"),
            Self::Bpf(function) => write!(f, "a BPF program traces {function}()"),
            Self::Livepatch => write!(f, "a livepatch of {}()", livepatch::FUNCTION),
        }
    }
}

/// A cause that is there.
#[must_use = "the cause is gone when this is dropped"]
pub(crate) enum Present {
    Off,
    Bpf(Program),
    Livepatch(Module),
}

impl Present {
    /// Removes it, and waits until it is gone.
    pub(crate) fn end(self) -> Verdict {
        match self {
            Self::Off => kernel_file::write(FTRACE_ENABLED, "1"),
            Self::Bpf(program) => {
                drop(program);
                Ok(())
            }
            Self::Livepatch(module) => livepatch::unload(module),
        }
    }
}
