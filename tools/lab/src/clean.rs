// SPDX-License-Identifier: GPL-2.0

//! `make distclean`.

use std::fs;
use std::io;

use crate::failure::{During, Result};
use crate::lab::Lab;

/// Removes the cache and the build products.
pub fn distclean(lab: &Lab) -> Result<()> {
    lab.store.remove_all()?;
    let build = lab.project.build();
    match fs::remove_dir_all(&build) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.during(format!("remove {}", build.display())),
    }
}
