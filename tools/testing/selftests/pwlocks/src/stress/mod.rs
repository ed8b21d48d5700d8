// SPDX-License-Identifier: GPL-2.0

//! Things that keep the kernel's memory management busy, for tests under load.

mod aftermath;
mod cpus;
mod crew;
mod file_system;
mod files;
mod forks;
mod group;
mod load;
mod lru_gen;
mod modules;
mod moves;
mod pages;
mod reclaim;
mod requests;
mod stress_ng;
mod swap;

pub use aftermath::Before;
pub use crew::Done;
pub use load::{Extent, Load};
pub use reclaim::Hog;
pub use swap::Swap;

use crate::ktap::Trouble;
use cpus::Cpus;
use crew::Crew;
use file_system::FileSystem;
use group::Group;
use modules::Modules;
use stress_ng::StressNg;

/// Does something, again and again.
trait Stressor: Send {
    /// What it does, and what it counts.
    fn name(&self) -> &'static str;

    /// Does it once; how much of it.
    fn round(&mut self) -> Result<u64, Trouble>;
}
