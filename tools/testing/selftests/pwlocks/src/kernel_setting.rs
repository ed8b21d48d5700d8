// SPDX-License-Identifier: GPL-2.0

//! Settings of the kernel for the time of a measurement or a test.

use crate::{kernel_file, ktap::Trouble};

/// A setting that is as before once this value is gone.
#[derive(Debug)]
pub struct KernelSetting {
    path: &'static str,
    before: String,
}

impl KernelSetting {
    /// Writes `value` to the file `path` of procfs or sysfs.
    pub fn set(path: &'static str, value: &str) -> Result<Self, Trouble> {
        let before = kernel_file::read_trimmed(path)?;

        kernel_file::write(path, value)?;
        Ok(Self { path, before })
    }
}

impl Drop for KernelSetting {
    fn drop(&mut self) {
        if let Err(trouble) = kernel_file::write(self.path, &self.before) {
            eprintln!("a setting stays changed: {trouble:?}");
        }
    }
}
