// SPDX-License-Identifier: GPL-2.0

//! A death that is the emulator's doing and nobody else's.
//!
//! A kernel that changes its own text puts a breakpoint there first, and takes it away when all
//! CPUs are known to have seen the new code. With a host thread per CPU, QEMU forgets the
//! translation of a piece of text just *before* it stores there: a CPU that translates it again in
//! between keeps the breakpoint and later dies of it. It takes a busy host, and nothing but a
//! single thread for all CPUs, which would leave no concurrency to test, keeps it from happening.
//! Most text is changed as the kernel boots, but a switch of the mode changes some, too.

use crate::accel::Accel;
use crate::splat::Splat;

/// How often a guest that dies so is booted at most.
pub const BOOTS: u32 = 3;

/// What the kernel says of a breakpoint that it did not expect.
const UNEXPECTED_BREAKPOINT: &str = "Oops: int3: ";

/// A guest that has died.
#[derive(Clone, Copy, Debug)]
pub struct Dead<'a> {
    /// How its CPUs were made.
    pub accel: Accel,
    /// Whether a test had failed before. Then that is what is told of it.
    pub failed: bool,
    /// What its kernel complained of.
    pub splats: &'a [Splat],
}

impl Dead<'_> {
    /// Whether this, and nothing before it, was a breakpoint left in a translation.
    ///
    /// If a fault of ours looks the same, it does so again when the guest is repeated.
    pub fn of_stale_translation(self) -> bool {
        let first = self.splats.first();
        self.accel == Accel::Tcg
            && !self.failed
            && first.is_some_and(|splat| splat.text.starts_with(UNEXPECTED_BREAKPOINT))
    }
}

#[cfg(test)]
mod tests {
    use super::Dead;
    use crate::accel::Accel;
    use crate::splat::scan;

    const BREAKPOINT: &str = include_str!("../testdata/int3.log");

    fn stale(accel: Accel, failed: bool, log: &str) -> bool {
        let splats = &scan(log);
        Dead {
            accel,
            failed,
            splats,
        }
        .of_stale_translation()
    }

    #[test]
    fn a_breakpoint_before_any_failure_is_the_emulators() {
        assert!(stale(Accel::Tcg, false, BREAKPOINT));
    }

    #[test]
    fn a_breakpoint_after_one_or_elsewhere_is_not() {
        assert!(!stale(Accel::Tcg, true, BREAKPOINT));
        assert!(!stale(Accel::Kvm, false, BREAKPOINT));
        assert!(!stale(Accel::Icount, false, BREAKPOINT));
    }

    #[test]
    fn any_other_death_is_not() {
        for log in [
            include_str!("../testdata/panic.log"),
            include_str!("../testdata/null-pointer.log"),
            include_str!("../testdata/clean-rt.log"),
            "",
        ] {
            assert!(!stale(Accel::Tcg, false, log));
        }
        let later = format!("[    1.0] WARNING: a.c:1 at f+0x1/0x2\n{BREAKPOINT}");
        assert!(!stale(Accel::Tcg, false, &later));
    }
}
