// SPDX-License-Identifier: GPL-2.0

//! Debian's modprobe for a guest, and the folder of modules that it looks into.
//!
//! busybox has a modprobe too; this is the one that users have.

use std::fs;
use std::path::Path;

use guest_plan::plan::MODULES_DIR;
use tempfile::TempDir;

use crate::failure::{During, Failure, Result};
use crate::initramfs::Extra;
use crate::job::Job;
use crate::lab::Lab;
use crate::libraries;
use crate::metadata::Prepared;
use crate::sandbox::Sandbox;

/// The program, which is modprobe, depmod and others by its name.
const KMOD: &str = "/usr/bin/kmod";

/// Where a sandbox sees the folder with the modules to be indexed.
const STAGE: &str = "/mnt/stage";

/// Indexes the modules, and says which libraries the program needs.
const SCRIPT: &str = "depmod -b \"$1\" \"$2\" && ldd \"$3\"";

/// What a guest needs to modprobe.
pub struct Kmod {
    /// Its files.
    pub extras: Vec<Extra>,
    /// Where some of them lie until then.
    _stage: TempDir,
}

/// What a guest of `kernel` needs to modprobe `modules`. Logs go to `folder`.
pub fn get(
    lab: &Lab,
    kernel: &Prepared,
    modules: &[&Path],
    folder: &Path,
    step: &str,
) -> Result<Kmod> {
    let release = &kernel.release.name;
    let tree = format!("lib/modules/{release}");
    let stage = tempfile::tempdir_in(folder).during(step)?;
    let index = stage.path().join(&tree);
    fs::create_dir_all(index.join("pwlocks")).during(step)?;
    for modules in modules {
        for module in fs::read_dir(modules).during(step)? {
            let module = module.during(step)?;
            let copy = index.join("pwlocks").join(module.file_name());
            fs::copy(module.path(), copy).during(step)?;
        }
    }

    let (log, output) = (folder.join("depmod.log"), folder.join("libraries.log"));
    let argv = ["sh", "-c", SCRIPT, "sh", STAGE, release, KMOD];
    let sandbox = Sandbox::in_root(&kernel.root, argv).writable(stage.path(), STAGE);
    Job::new(step, &log).output(&output).run_watched(
        &lab.ui,
        &lab.interrupt,
        sandbox,
        |_, _| {},
    )?;
    let libraries = libraries::parse(&fs::read_to_string(&output).during(step)?);
    if libraries.is_empty() {
        return Err(Failure::step(step, format!("ldd knows no library of {KMOD}")).log(output));
    }

    let mut extras = vec![
        Extra::link("sbin/modprobe", KMOD),
        // The modules themselves are in the guest by another name.
        Extra::link(format!("{tree}/pwlocks"), MODULES_DIR),
    ];
    for path in libraries.iter().map(String::as_str).chain([KMOD]) {
        let path = path.trim_start_matches('/');
        extras.push(Extra::file(path, kernel.root.join(path)));
    }
    for file in fs::read_dir(&index).during(step)? {
        let file = file.during(step)?;
        if file.file_type().during(step)?.is_file() {
            let name = file.file_name();
            let target = format!("{tree}/{}", name.to_string_lossy());
            extras.push(Extra::file(target, file.path()));
        }
    }
    Ok(Kmod {
        extras,
        _stage: stage,
    })
}
