// SPDX-License-Identifier: GPL-2.0

//! A plugin of QEMU's emulator that counts what each CPU of a guest executes: all instructions, and
//! those that are atomic. The guest reads the counts itself; [`atomic_counts`] has how.
//!
//! QEMU has a plugin called whenever it translates a block of the guest's instructions. This one
//! decodes them then, once, and has QEMU add to a number of the executing CPU in the code that it
//! makes of each. So the guest's instructions stay what they were, and its clock, if that counts them
//! (`-icount`), as well.
//!
//! An instruction that faults is counted when it is tried and again when it is repeated. One with a
//! REP prefix counts as often as QEMU comes back to it.

mod argument;
mod kind;
// What they call is in QEMU alone, so the unit tests' program could not be linked with them.
#[cfg(not(test))]
mod plugin;
#[cfg(not(test))]
mod qemu;
