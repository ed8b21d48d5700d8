// SPDX-License-Identifier: GPL-2.0

//! The running kernel's own drains, with mm_swap_live or without.

mod batches;
mod disk;
mod done;
mod faulters;
mod only_drain;
mod replaced;
mod setting;
mod trigger;

pub use batches::Batches;
pub use disk::{Disk, Disks, path as disk_path};
pub use done::Done;
pub use faulters::Faulters;
pub use only_drain::OnlyDrain;
pub use replaced::Replaced;
pub use setting::{Applied, Setting};
pub use trigger::Trigger;

/// The module.
pub const MODULE: &str = "mm_swap_live";

/// Folios in a full batch: it has room for 31, and is emptied by its CPU as soon as it has those.
pub const FULL_BATCH: usize = 30;

/// How a trace names the kernel's work that drains the CPU it runs on.
pub const KERNEL_WORK: &str = "function lru_add_drain_per_cpu";
