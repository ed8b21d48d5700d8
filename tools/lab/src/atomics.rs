// SPDX-License-Identifier: GPL-2.0

//! The plugin of QEMU that counts a guest's atomic instructions, and what QEMU and the guest's kernel
//! are told for it.

use std::fs;
use std::path::{Path, PathBuf};

use atomic_counts::SIZE;

use crate::failure::{During, Result};
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::root;
use crate::store::Entry;
use crate::userland;

/// What cargo reads.
const SOURCES: &[&str] = &["Cargo.toml", "Cargo.lock", "tools/atomics"];

/// The cargo package.
const PACKAGE: &str = "pwlocks-count-atomics";

/// The file that cargo makes of it.
const FILE: &str = "libcount_atomics.so";

/// Lines that cargo prints, for the progress bar.
const EXPECTED_LINES: u64 = 12;

/// Where QEMU sees the plugin.
pub const TARGET: &str = "/mnt/count_atomics.so";

/// The file in a guest's folder by which plugin and guest meet.
pub const COUNTS: &str = "counts";

/// On a machine of one CPU Linux takes the LOCK prefixes out of its code, which would leave nothing to
/// count. What it puts there instead is another prefix, so that nothing else differs.
pub const KERNEL_ARGUMENT: &str = "noreplace-smp";

/// The plugin, built in the root for the QEMU there.
pub fn get(lab: &Lab, root: &Path) -> Result<PathBuf> {
    let step = "plugin that counts atomic instructions";
    let mut key = Key::builder().input("root", root::entry().key.to_string());
    for source in SOURCES {
        key = key
            .tree(lab.project.folder(), Path::new(source))
            .during(step)?;
    }
    let entry = Entry {
        kind: "plugin",
        name: "count-atomics".into(),
        key: key.finish(),
    };
    let place = lab
        .store
        .get(&entry, |place| make(lab, root, step, place))?;
    Ok(place.join(FILE))
}

fn make(lab: &Lab, root: &Path, step: &str, place: &Path) -> Result<()> {
    let log = lab.project.log("count-atomics");
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    let jobs = lab.options.jobs.to_string();
    // Not for a target that is named, as the guest's programs are: those have other flags, and cargo
    // would build what both need anew each time.
    let arguments = [
        "build",
        "--locked",
        "--release",
        "--package",
        PACKAGE,
        "--jobs",
        &jobs,
    ];
    let sandbox = userland::cargo(lab, root, arguments)?;
    Job::new(step, &log)
        .run(&lab.ui, &lab.interrupt, sandbox, &bar)
        .map_err(|failure| {
            failure.remedy("correct the error that the log shows, or check that cargo's registry can be reached")
        })?;
    let built = userland::target_folder(lab).join("release").join(FILE);
    fs::copy(&built, place.join(FILE)).during(format!("{step}: {}", built.display()))?;
    bar.done("built");
    Ok(())
}

/// QEMU's arguments: the plugin, and its file as the memory of a device of the guest's.
pub fn arguments() -> [String; 6] {
    let counts = format!("/mnt/guest/{COUNTS}");
    [
        "-plugin".to_owned(),
        format!("file={TARGET},counts={counts}"),
        "-object".to_owned(),
        format!("memory-backend-file,id=counts,mem-path={counts},size={SIZE},share=on"),
        "-device".to_owned(),
        "ivshmem-plain,memdev=counts".to_owned(),
    ]
}
