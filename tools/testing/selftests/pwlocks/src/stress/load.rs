// SPDX-License-Identifier: GPL-2.0

//! Load of several kinds at once.

use super::{
    Cpus, Crew, Done, FileSystem, StressNg, Stressor, Swap, files, forks, lru_gen, moves, pages,
    reclaim, requests,
};
use crate::{drop_caches, environment, kernel_setting::KernelSetting, ktap::Trouble, live::Disks};
use std::path::Path;

/// Where stress-ng has its files.
const FILES: &str = "/tmp/stress";

/// stress-ng mlocks as many pages as a process may have mappings: few enough to leave the others
/// some memory.
const MAPPINGS: (&str, &str) = ("/proc/sys/vm/max_map_count", "4096");

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Faults, mlocks, drains and reclaim.
    Basic,
    /// The same, and drains of all CPUs without a pause.
    Draining,
    /// One stressor of each kind, and stress-ng's where the caller has that (`PWLOCKS_STRESS_NG`).
    Everything,
}

/// The load, until this value is gone.
#[derive(Debug)]
pub struct Load {
    // In this order: each needs the next.
    crew: Crew,
    stress_ng: Option<(FileSystem, KernelSetting)>,
    swap: Swap,
    disks: Disks,
}

impl Load {
    /// Starts it, and says which kinds can't be had here, and why.
    pub fn start(extent: Extent) -> Result<Self, Trouble> {
        drop_caches::quietly()?;
        let disks = Disks::make()?;
        let swap = Swap::on()?;
        let mut stressors = match extent {
            Extent::Basic => available(basic())?,
            Extent::Draining => available(basic().into_iter().chain([moving()]))?,
            Extent::Everything => available(basic().into_iter().chain(further(&disks)))?,
        };
        let program = environment::stress_ng().filter(|_| extent == Extent::Everything);
        let stress_ng = match program {
            Some(program) => {
                let files = FileSystem::on(&disks, 1, Path::new(FILES))?;
                let mappings = KernelSetting::set(MAPPINGS.0, MAPPINGS.1)?;
                for kind in StressNg::all(&program, Path::new(FILES))? {
                    stressors.push(Box::new(kind));
                }
                Some((files, mappings))
            }
            None => None,
        };
        Ok(Self {
            crew: Crew::start(stressors),
            stress_ng,
            swap,
            disks,
        })
    }

    /// Stops it; what each stressor has done.
    pub fn stop(self) -> Result<Vec<Done>, Trouble> {
        let Self {
            crew,
            stress_ng,
            swap,
            disks,
        } = self;
        let done = crew.stop();

        drop(stress_ng);
        drop(swap);
        disks.remove()?;
        Ok(done)
    }
}

type Made = Result<Box<dyn Stressor>, Trouble>;

fn basic() -> [Made; 4] {
    [
        Ok(Box::new(pages::Faults)),
        Ok(Box::new(pages::Locks)),
        Ok(Box::new(requests::DROP_CACHES)),
        reclaim::Reclaim::new().map(|kind| Box::new(kind) as _),
    ]
}

fn moving() -> Made {
    Ok(Box::new(moves::Moves))
}

/// Those that are not basic.
fn further(disks: &Disks) -> [Made; 8] {
    [
        Ok(Box::new(pages::Advice)),
        moving(),
        Ok(Box::new(forks::Forks)),
        Ok(Box::new(files::InMemory)),
        files::OnDisk::new(disks).map(|kind| Box::new(kind) as _),
        Ok(Box::new(requests::COMPACT)),
        lru_gen::Toggle::new().map(|kind| Box::new(kind) as _),
        Cpus::new().map(|kind| Box::new(kind) as _),
    ]
}

fn available(made: impl IntoIterator<Item = Made>) -> Result<Vec<Box<dyn Stressor>>, Trouble> {
    let mut stressors = Vec::new();

    for stressor in made {
        match stressor {
            Ok(stressor) => stressors.push(stressor),
            Err(Trouble::Skip(reason)) => println!("# left out: {reason}"),
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(stressors)
}
