// SPDX-License-Identifier: GPL-2.0

//! The device of mm_swap_demo.ko, /dev/mm_swap_demo.
//!
//! [`uapi`] mirrors the C header and a test holds the two equal, [`Device`] is the safe way to use
//! it, [`Operation`] names what can be done to a folio.

mod balance;
mod debugfs;
mod device;
mod folio;
#[cfg(test)]
mod header_test;
mod load;
mod operation;
pub mod uapi;
mod worker;

pub use balance::{check_folio, check_nothing_left, check_stats, settled};
pub use debugfs::debugfs_figures;
pub use device::{Device, Drain, PATH};
pub use folio::{batch_names, describe, is_added, is_batched, is_listed};
pub use load::Modules;
pub use operation::Operation;
pub use worker::Worker;
