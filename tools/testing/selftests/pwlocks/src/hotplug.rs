// SPDX-License-Identifier: GPL-2.0

//! Taking CPUs down and up again.

use crate::{cpulist, kernel_file, ktap::Trouble};
use std::path::Path;

/// The CPUs that can be taken down: all that are online but CPU 0, where the kernel allows it.
pub fn removable() -> Result<Vec<usize>, Trouble> {
    let online = cpulist::read("online")?;

    Ok(online
        .into_iter()
        .filter(|&cpu| cpu != 0 && Path::new(&switch(cpu)).exists())
        .collect())
}

/// A CPU that is down until this value is gone.
#[derive(Debug)]
pub struct Offline(usize);

impl Offline {
    /// Takes `cpu` down.
    pub fn take(cpu: usize) -> Result<Self, Trouble> {
        kernel_file::write(switch(cpu), "0")?;
        Ok(Self(cpu))
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        if let Err(trouble) = kernel_file::write(switch(self.0), "1") {
            eprintln!("CPU {} stays offline: {trouble:?}", self.0);
        }
    }
}

fn switch(cpu: usize) -> String {
    format!("/sys/devices/system/cpu/cpu{cpu}/online")
}
