// SPDX-License-Identifier: GPL-2.0

//! A kernel's source, as far as modules, Rust metadata, the mm selftests and kernels for our guests
//! need it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::index::Index;
use crate::job::Job;
use crate::kernel_choice::Kernel;
use crate::key::Key;
use crate::lab::Lab;
use crate::sandbox::Sandbox;
use crate::store::Entry;

/// What is left out, below the source's folder: what no header, configuration or host tool of a
/// build refers to, and no part of a kernel that has what our guests have. Of the selftests, mm's use
/// files of a few others.
const LEFT_OUT: &[&str] = &[
    "Documentation/*.rst",
    "Documentation/*.svg",
    "Documentation/*.txt",
    "Documentation/*.yaml",
    "drivers/gpu/*.c",
    "drivers/gpu/drm/amd/*.h",
    "drivers/infiniband/*.c",
    "drivers/media/*.c",
    "drivers/net/*.c",
    "drivers/net/*.h",
    "drivers/scsi/*.c",
    "drivers/staging/*.c",
    "net/*.c",
    "sound/*.c",
    "sound/*.h",
    "arch/*/boot/dts/*",
    "tools/perf/*",
    "tools/testing/[!s]*",
    "tools/testing/selftests/[!cmpx]*/*",
];

/// tar says how far it is after so many of its records of 10 KiB.
const CHECKPOINT: u64 = 2048;
const RECORD: u64 = 10 * 1024;

/// Bytes of a source after unpacking, before anything is left out: for the progress bar.
const UNPACKED: u64 = 1_680_000_000;

/// The cache entry of `kernel`'s source, which both flavours share.
pub fn entry(kernel: &Kernel) -> Entry {
    let key = Key::builder()
        .input("package", kernel.source.request())
        .input("left out", LEFT_OUT.join(" "))
        .finish();
    Entry {
        kind: "source",
        name: kernel.release.version.clone(),
        key,
    }
}

/// The source folder of `kernel`.
pub fn get(lab: &Lab, index: &Index, root: &Path, kernel: &Kernel) -> Result<PathBuf> {
    let place = lab.store.get(&entry(kernel), |place| {
        make(lab, index, root, kernel, place)
    })?;
    Ok(place.join("linux"))
}

fn make(lab: &Lab, index: &Index, root: &Path, kernel: &Kernel, place: &Path) -> Result<()> {
    let name = format!("source-{}", kernel.release.version);
    let packages = place.join("packages");
    let linux = place.join("linux");
    let step = format!("{name}: unpack");
    fs::create_dir(&packages).during(&step)?;
    fs::create_dir(&linux).during(&step)?;
    index.download(lab, &[&kernel.source], &packages, &name)?;

    let bar = lab.ui.step(&step, Some(UNPACKED / (CHECKPOINT * RECORD)));
    let folder = format!("linux-source-{}", kernel.release.series());
    let exclude: Vec<_> = LEFT_OUT
        .iter()
        .map(|pattern| format!("--exclude='{folder}/{pattern}'"))
        .collect();
    // The archive goes through pipes from the package to tar: it is never stored by itself.
    let script = format!(
        "set -o pipefail\n\
         dpkg-deb --fsys-tarfile *.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc -T0 |\n\
         tar -x -C /mnt/linux --strip-components=1 --anchored --checkpoint={CHECKPOINT} --checkpoint-action=echo=%u {}",
        exclude.join(" ")
    );
    let sandbox = Sandbox::in_root(root, ["bash", "-c", &script])
        .writable(&linux, "/mnt/linux")
        .read_only(&packages, "/mnt/packages")
        .folder("/mnt/packages");
    Job::new(&step, lab.project.log(&name)).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    if !linux.join("Makefile").exists() {
        return Err(
            Failure::step(step, "the package holds no kernel source").log(lab.project.log(&name))
        );
    }
    fs::remove_dir_all(&packages).during(&step)?;
    bar.done("done");
    Ok(())
}
