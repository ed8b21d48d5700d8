// SPDX-License-Identifier: GPL-2.0

//! How a guest and the plugin that counts its instructions meet.
//!
//! QEMU 10.0 lets a plugin watch a guest, but has no way for it to change the guest's registers or
//! memory. So the two share a page: a file, which the plugin maps and which the guest finds as the
//! memory of a PCI device (`ivshmem-plain`). When a CPU executes [`MARK`], an instruction that does
//! nothing, the plugin copies what that CPU has counted into its [`Slot`]. So the guest reads its own
//! counts, at moments that it chooses to the instruction, and nobody has to match its output with
//! another file afterwards.

mod mark;
mod page;

pub use mark::{MARK, mark};
pub use page::{Counts, Page, SIZE, Slot};
