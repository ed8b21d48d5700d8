// SPDX-License-Identifier: GPL-2.0

//! The modules that programs load.

use crate::{module, our_modules};
use nix::errno::Errno;
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Those of RAM disks, beside ours.
const DISKS: &str = "brd";

/// How long each may take to go. A program that was killed may be in the middle of loading one, which
/// goes on for as long as every task of the kernel takes to have passed a safe place.
const PATIENCE: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(50);

/// Those that were loaded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Modules(Vec<&'static str>);

impl Modules {
    pub(super) fn note() -> Self {
        Self(names().filter(|name| is_there(name)).collect())
    }

    /// Unloads the others.
    pub(super) fn restore(&self) -> Vec<String> {
        names()
            .filter(|name| !self.0.contains(name))
            .filter_map(|name| unload(name).err())
            .collect()
    }
}

/// Each before those that it needs.
fn names() -> impl Iterator<Item = &'static str> {
    our_modules::MODULES.into_iter().rev().chain([DISKS])
}

/// Also one that is just coming or going.
fn is_there(name: &str) -> bool {
    Path::new(&format!("/sys/module/{name}/initstate")).exists()
}

fn unload(name: &str) -> Result<(), String> {
    let start = Instant::now();

    while is_there(name) {
        match module::unload(name) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) if start.elapsed() >= PATIENCE => {
                return Err(format!("rmmod {name}: {}", error.desc()));
            }
            Err(_) => thread::sleep(POLL),
        }
    }
    Ok(())
}
