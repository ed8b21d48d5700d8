// SPDX-License-Identifier: GPL-2.0

//! A kernel's boot image, which is all that an audit needs of a kernel.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::index::Index;
use crate::job::Job;
use crate::kernel_choice::{Kernel, Release};
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata;
use crate::sandbox::Sandbox;
use crate::store::Entry;

/// Name of the image in the entry.
const FILE: &str = "vmlinuz";

/// A boot image in the cache.
#[derive(Clone, Debug)]
pub struct Image {
    /// The kernel it is of.
    pub release: Release,
    /// The package it is from.
    pub package: String,
    /// Where it is.
    pub path: PathBuf,
}

/// `kernel`'s image: of the prepared kernel if the cache has that, else of its own.
pub fn get(lab: &Lab, index: &Index, root: &Path, kernel: &Kernel) -> Result<Image> {
    let prepared = metadata::entry(kernel);
    let place = if lab.store.find(&prepared).is_some() {
        // Marks it as in use.
        let gone = "it has just been removed from the cache, by another run; run the command again";
        lab.store.get(&prepared, |_| {
            Err(Failure::step(&kernel.release.name, gone))
        })?
    } else {
        lab.store.get(&entry(kernel), |place| {
            make(lab, index, root, kernel, place)
        })?
    };
    Ok(Image {
        release: kernel.release.clone(),
        package: kernel.image.request(),
        path: place.join(FILE),
    })
}

fn entry(kernel: &Kernel) -> Entry {
    let key = Key::builder()
        .input("image", kernel.image.request())
        .finish();
    Entry {
        kind: "image",
        name: kernel.release.name.clone(),
        key,
    }
}

fn make(lab: &Lab, index: &Index, root: &Path, kernel: &Kernel, place: &Path) -> Result<()> {
    let name = &kernel.release.name;
    let step = format!("{name}: unpack the image");
    let packages = place.join("packages");
    fs::create_dir(&packages).during(&step)?;
    index.download(lab, &[&kernel.image], &packages, name)?;
    let bar = lab.ui.step(&step, None);
    let script = format!(
        "set -o pipefail; \
         dpkg-deb --fsys-tarfile *.deb | tar -xO ./usr/lib/modules/{name}/vmlinuz.unsigned >{FILE}"
    );
    let sandbox = Sandbox::in_root(root, ["bash", "-c", &script])
        .writable(&packages, "/mnt/packages")
        .folder("/mnt/packages");
    let log = lab.project.log(&format!("unpack-image-{name}"));
    Job::new(&step, log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    fs::rename(packages.join(FILE), place.join(FILE)).during(&step)?;
    fs::remove_dir_all(&packages).during(&step)?;
    bar.done("done");
    Ok(())
}
