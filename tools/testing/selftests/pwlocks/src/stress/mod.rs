// SPDX-License-Identifier: GPL-2.0

//! Things that keep the kernel's memory management busy, for tests under load.

mod aftermath;
mod cpus;
mod crew;
mod files;
mod forks;
mod lru_gen;
mod moves;
mod pages;
mod reclaim;
mod requests;
mod swap;

pub use aftermath::Before;
pub use cpus::Cpus;
pub use crew::{Crew, Done};
pub use reclaim::Hog;
pub use swap::Swap;

use crate::{drop_caches, ktap::Trouble, live::Disks};

/// Does something, again and again.
pub trait Stressor: Send {
    /// What it does, and what it counts.
    fn name(&self) -> &'static str;

    /// Does it once; how much of it.
    fn round(&mut self) -> Result<u64, Trouble>;
}

/// The kinds, and why some can't be had here.
pub type Kinds = (Vec<Box<dyn Stressor>>, Vec<String>);

/// Faults, mlocks, drains and reclaim.
pub fn basic() -> Result<Kinds, Trouble> {
    sorted([
        Ok(Box::new(pages::Faults)),
        Ok(Box::new(pages::Locks)),
        Ok(Box::new(requests::DROP_CACHES)),
        reclaim::Reclaim::new().map(|kind| Box::new(kind) as _),
    ])
}

/// One of each kind but [`Cpus`].
pub fn all(disks: &Disks) -> Result<Kinds, Trouble> {
    sorted([
        Ok(Box::new(pages::Faults)),
        Ok(Box::new(pages::Advice)),
        Ok(Box::new(pages::Locks)),
        Ok(Box::new(moves::Moves)),
        Ok(Box::new(forks::Forks)),
        Ok(Box::new(files::InMemory)),
        files::OnDisk::new(disks).map(|kind| Box::new(kind) as _),
        Ok(Box::new(requests::DROP_CACHES)),
        Ok(Box::new(requests::COMPACT)),
        lru_gen::Toggle::new().map(|kind| Box::new(kind) as _),
        reclaim::Reclaim::new().map(|kind| Box::new(kind) as _),
    ])
}

/// Those that could be made, and why the others could not.
fn sorted<const N: usize>(made: [Result<Box<dyn Stressor>, Trouble>; N]) -> Result<Kinds, Trouble> {
    drop_caches::quietly()?;
    let mut kinds = Vec::new();
    let mut missing = Vec::new();

    for kind in made {
        match kind {
            Ok(kind) => kinds.push(kind),
            Err(Trouble::Skip(reason)) => missing.push(reason),
            Err(trouble) => return Err(trouble),
        }
    }
    Ok((kinds, missing))
}
