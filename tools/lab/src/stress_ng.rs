// SPDX-License-Identifier: GPL-2.0

//! Debian's stress-ng and its libraries, for the guests of `make soak`.
//!
//! It is not part of the root, which everybody needs: it depends on thirty packages that the root has
//! no other use for.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::index::Index;
use crate::initramfs::Extra;
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::libraries;
use crate::mirror::SUITE;
use crate::root;
use crate::sandbox::Sandbox;
use crate::store::Entry;

const PACKAGE: &str = "stress-ng";

/// Where the program is, in the package and in a guest.
pub const PROGRAM: &str = "/usr/bin/stress-ng";

/// The loader, where every program looks for it, and the folder where it looks for libraries.
const LOADER: &str = "lib64/ld-linux-x86-64.so.2";
const LIBRARIES: &str = "lib/x86_64-linux-gnu";

/// Where a sandbox sees the packages, and what was in them.
const PACKAGES: &str = "/mnt/packages";
const UNPACKED: &str = "/mnt/packages/unpacked";

/// Unpacks the packages, and says which libraries the program needs.
const SCRIPT: &str = "set -e
    for package in *.deb; do dpkg-deb -x \"$package\" \"$1\"; done
    LD_LIBRARY_PATH=\"$1/usr/lib/x86_64-linux-gnu\" ldd \"$1$2\"";

/// The cache entry.
fn entry() -> Entry {
    let key = Key::builder()
        .input("package", PACKAGE)
        .input("root", root::entry().key.to_string())
        .finish();
    Entry {
        kind: PACKAGE,
        name: SUITE.into(),
        key,
    }
}

/// The files of a guest that is to have it.
pub fn get(lab: &Lab, root: &Path) -> Result<Vec<Extra>> {
    let place = lab.store.get(&entry(), |place| make(lab, root, place))?;
    let mut extras = Vec::new();
    for file in fs::read_dir(place).during(PACKAGE)? {
        let path = file.during(PACKAGE)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        extras.push(Extra::file(target(&name), &path));
    }
    Ok(extras)
}

/// Where a guest has the file called `name`.
fn target(name: &str) -> String {
    [PROGRAM.trim_start_matches('/'), LOADER]
        .into_iter()
        .find(|path| path.ends_with(&format!("/{name}")))
        .map_or_else(|| format!("{LIBRARIES}/{name}"), str::to_owned)
}

fn make(lab: &Lab, root: &Path, place: &Path) -> Result<()> {
    let step = format!("{PACKAGE}: unpack");
    let folder = tempfile::tempdir_in(place).during(&step)?;
    Index::get(lab, root)?.download_with_needs(lab, PACKAGE, folder.path())?;

    let bar = lab.ui.step(&step, None);
    let (log, output) = (
        lab.project.log(&format!("unpack-{PACKAGE}")),
        lab.project.log(&format!("libraries-{PACKAGE}")),
    );
    let sandbox = Sandbox::in_root(root, ["sh", "-c", SCRIPT, "sh", UNPACKED, PROGRAM])
        .writable(folder.path(), PACKAGES)
        .folder(PACKAGES);
    Job::new(&step, &log)
        .output(&output)
        .run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    let libraries = libraries::parse(&fs::read_to_string(&output).during(&step)?);
    if libraries.is_empty() {
        return Err(Failure::step(step, format!("ldd knows no library of {PROGRAM}")).log(output));
    }

    let program = format!("{UNPACKED}{PROGRAM}");
    for inside in libraries.iter().chain([&program]) {
        let path = outside(inside, folder.path(), root);
        let name = Path::new(inside).file_name().unwrap_or_default();
        fs::copy(&path, place.join(name)).during(format!("{step}: {}", path.display()))?;
    }
    folder.close().during(&step)?;
    bar.done("done");
    Ok(())
}

/// Where the file is that the sandbox knew as `inside`.
fn outside(inside: &str, packages: &Path, root: &Path) -> PathBuf {
    match inside.strip_prefix(PACKAGES) {
        Some(rest) => packages.join(rest.trim_start_matches('/')),
        None => root.join(inside.trim_start_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{outside, target};

    #[test]
    fn each_file_goes_where_it_is_looked_for() {
        assert_eq!(target("stress-ng"), "usr/bin/stress-ng");
        assert_eq!(target("ld-linux-x86-64.so.2"), "lib64/ld-linux-x86-64.so.2");
        assert_eq!(target("libc.so.6"), "lib/x86_64-linux-gnu/libc.so.6");
    }

    #[test]
    fn libraries_are_from_the_packages_or_from_the_root() {
        let outside = |inside| outside(inside, Path::new("/tmp/p"), Path::new("/cache/root"));
        assert_eq!(
            outside("/mnt/packages/unpacked/usr/lib/libbsd.so.0"),
            Path::new("/tmp/p/unpacked/usr/lib/libbsd.so.0")
        );
        assert_eq!(
            outside("/lib64/ld-linux-x86-64.so.2"),
            Path::new("/cache/root/lib64/ld-linux-x86-64.so.2")
        );
    }
}
