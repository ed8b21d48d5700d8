// SPDX-License-Identifier: GPL-2.0

//! `make build`: the modules and the guest's programs, without booting anything.

use std::fs;

use crate::failure::{During, Result};
use crate::kernels;
use crate::lab::Lab;
use crate::modules;
use crate::userland;
use crate::variant::Variant;

/// Builds the standard variant for each chosen kernel and puts it into build/modules.
pub fn run(lab: &Lab) -> Result<()> {
    for kernel in kernels::get(lab)? {
        let built = modules::get(lab, &kernel, Variant::TESTED)?;
        userland::get(lab, &kernel.root)?;
        let target = lab
            .project
            .build()
            .join("modules")
            .join(&kernel.release.name);
        let step = format!("copy the modules to {}", target.display());
        fs::create_dir_all(&target).during(&step)?;
        for entry in fs::read_dir(&built).during(&step)? {
            let entry = entry.during(&step)?;
            fs::copy(entry.path(), target.join(entry.file_name())).during(&step)?;
        }
        lab.ui
            .print(&format!("{}: {}", kernel.release.name, target.display()));
    }
    Ok(())
}
