// SPDX-License-Identifier: GPL-2.0

//! Modules of the stock kernel that guests load, as Debian ships them.

use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::index::Index;
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::root;
use crate::sandbox::Sandbox;
use crate::store::Entry;

/// Their names: RAM disks, as there is no block device built in; compressed memory to swap to, and a
/// file system, with what these two need.
const WANTED: [&str; 7] = [
    "brd",
    "lz4hc_compress",
    "zram",
    "crc16",
    "mbcache",
    "jbd2",
    "ext4",
];

/// The cache entry of `kernel`'s modules.
fn entry(kernel: &Prepared) -> Entry {
    let key = Key::builder()
        .input("package", kernel.modules.request())
        .input("modules", WANTED.join(" "))
        .input("root", root::entry().key.to_string())
        .finish();
    Entry {
        kind: "stock",
        name: kernel.release.name.clone(),
        key,
    }
}

/// A folder with the modules of `kernel`, not compressed.
pub fn get(lab: &Lab, kernel: &Prepared) -> Result<PathBuf> {
    lab.store
        .get(&entry(kernel), |place| make(lab, kernel, place))
}

fn make(lab: &Lab, kernel: &Prepared, place: &Path) -> Result<()> {
    let name = format!("{}-stock-modules", kernel.release.name);
    let step = format!("{name}: unpack");
    let package = tempfile::tempdir_in(place).during(&step)?;
    let index = Index::get(lab, &kernel.root)?;
    index.download(lab, &[&kernel.modules], package.path(), &name)?;

    let bar = lab.ui.step(&step, None);
    // Only what is wanted is unpacked: all of them take 160 MB.
    let script = format!(
        "set -o pipefail\n\
         dpkg-deb --fsys-tarfile *.deb | tar -x -C /mnt/modules --wildcards --no-anchored \
         --transform='s,.*/,,' {} && xz -d /mnt/modules/*.xz",
        WANTED.map(|module| format!("'{module}.ko.xz'")).join(" ")
    );
    let sandbox = Sandbox::in_root(&kernel.root, ["bash", "-c", &script])
        .writable(place, "/mnt/modules")
        .read_only(package.path(), "/mnt/package")
        .folder("/mnt/package");
    let log = lab.project.log(&name);
    Job::new(&step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    for module in WANTED {
        if !place.join(format!("{module}.ko")).exists() {
            let cause = format!("{} has no {module}.ko", kernel.modules.name);
            return Err(Failure::step(step, cause).log(log));
        }
    }
    package.close().during(&step)?;
    bar.done("done");
    Ok(())
}
