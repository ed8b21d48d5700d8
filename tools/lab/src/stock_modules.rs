// SPDX-License-Identifier: GPL-2.0

//! Modules of the kernel's own that guests load: Debian's, or those built with a debug kernel.

use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::index::Index;
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata::{OwnModules, Prepared};
use crate::package_index::Package;
use crate::root;
use crate::sandbox::Sandbox;
use crate::store::Entry;

/// Their names: RAM disks, as there is no block device built in; compressed memory to swap to, and a
/// file system, with what these two need.
pub const WANTED: [&str; 7] = [
    "brd",
    "lz4hc_compress",
    "zram",
    "crc16",
    "mbcache",
    "jbd2",
    "ext4",
];

/// What it takes to see folders of the host by 9p, and to write over them in memory, each before those that
/// need it.
pub const SHARES: [&str; 5] = ["netfs", "9pnet", "9pnet_virtio", "9p", "overlay"];

/// The cache entry of `names` of `kernel`'s modules, which `package` has.
fn entry(kernel: &Prepared, package: &Package, names: &[&str]) -> Entry {
    let key = Key::builder()
        .input("package", package.request())
        .input("modules", names.join(" "))
        .input("root", root::entry().key.to_string())
        .finish();
    Entry {
        kind: "stock",
        name: kernel.release.name.clone(),
        key,
    }
}

/// A folder with those of `kernel` that are [`WANTED`], not compressed.
pub fn get(lab: &Lab, kernel: &Prepared) -> Result<PathBuf> {
    get_these(lab, kernel, &WANTED)
}

/// A folder with the modules of `kernel` that are called so, not compressed. Of a kernel that was built, one
/// with all that were built.
pub fn get_these(lab: &Lab, kernel: &Prepared, names: &[&str]) -> Result<PathBuf> {
    match &kernel.modules {
        OwnModules::Package(package) => lab.store.get(&entry(kernel, package, names), |place| {
            make(lab, kernel, package, names, place)
        }),
        OwnModules::Built(folder) => Ok(folder.clone()),
    }
}

fn make(
    lab: &Lab,
    kernel: &Prepared,
    wanted: &Package,
    names: &[&str],
    place: &Path,
) -> Result<()> {
    let name = format!("{}-stock-modules", kernel.release.name);
    let step = format!("{name}: unpack");
    let package = tempfile::tempdir_in(place).during(&step)?;
    let index = Index::get(lab, &kernel.root)?;
    index.download(lab, &[wanted], package.path(), &name)?;

    let bar = lab.ui.step(&step, None);
    // Only what is wanted is unpacked: all of them take 160 MB.
    let files = names.iter().map(|module| format!("'{module}.ko.xz'"));
    let script = format!(
        "set -o pipefail\n\
         dpkg-deb --fsys-tarfile *.deb | tar -x -C /mnt/modules --wildcards --no-anchored \
         --transform='s,.*/,,' {} && xz -d /mnt/modules/*.xz",
        files.collect::<Vec<_>>().join(" ")
    );
    let sandbox = Sandbox::in_root(&kernel.root, ["bash", "-c", &script])
        .writable(place, "/mnt/modules")
        .read_only(package.path(), "/mnt/package")
        .folder("/mnt/package");
    let log = lab.project.log(&name);
    Job::new(&step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    for module in names {
        if !place.join(format!("{module}.ko")).exists() {
            let cause = format!("{} has no {module}.ko", wanted.name);
            return Err(Failure::step(step, cause).log(log));
        }
    }
    package.close().during(&step)?;
    bar.done("done");
    Ok(())
}
