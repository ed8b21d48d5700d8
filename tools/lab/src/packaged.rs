// SPDX-License-Identifier: GPL-2.0

//! Programs of Debian's with their libraries, for the guests that run one.
//!
//! They are not part of the root, which everybody needs: stress-ng alone depends on thirty packages that
//! the root has no other use for.

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

/// A program and the package that has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Packaged {
    /// The package.
    package: &'static str,
    /// Where the program is, in the package and in a guest.
    pub path: &'static str,
    /// The environment variable that tells the programs of a guest where it is.
    pub variable: &'static str,
}

/// Loads a kernel in all ways.
pub const STRESS_NG: Packaged = Packaged {
    package: "stress-ng",
    path: "/usr/bin/stress-ng",
    variable: "PWLOCKS_STRESS_NG",
};

/// Tells how long a spinning task does not run.
pub const OSLAT: Packaged = Packaged {
    package: "rt-tests",
    path: "/usr/bin/oslat",
    variable: "PWLOCKS_OSLAT",
};

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

impl Packaged {
    /// The cache entry.
    fn entry(self) -> Entry {
        let key = Key::builder()
            .input("package", self.package)
            .input("root", root::entry().key.to_string())
            .finish();
        Entry {
            kind: self.package,
            name: SUITE.into(),
            key,
        }
    }

    /// The files of a guest that is to have it.
    pub fn get(self, lab: &Lab, root: &Path) -> Result<Vec<Extra>> {
        let step = self.package;
        let place = lab
            .store
            .get(&self.entry(), |place| self.make(lab, root, place))?;
        let mut extras = Vec::new();
        for file in fs::read_dir(place).during(step)? {
            let path = file.during(step)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            extras.push(Extra::file(self.target(&name), &path));
        }
        Ok(extras)
    }

    /// Where a guest has the file called `name`.
    fn target(self, name: &str) -> String {
        [self.path.trim_start_matches('/'), LOADER]
            .into_iter()
            .find(|path| path.ends_with(&format!("/{name}")))
            .map_or_else(|| format!("{LIBRARIES}/{name}"), str::to_owned)
    }

    fn make(self, lab: &Lab, root: &Path, place: &Path) -> Result<()> {
        let Self { package, path, .. } = self;
        let step = format!("{package}: unpack");
        let folder = tempfile::tempdir_in(place).during(&step)?;
        Index::get(lab, root)?.download_with_needs(lab, package, folder.path())?;

        let bar = lab.ui.step(&step, None);
        let (log, output) = (
            lab.project.log(&format!("unpack-{package}")),
            lab.project.log(&format!("libraries-{package}")),
        );
        let sandbox = Sandbox::in_root(root, ["sh", "-c", SCRIPT, "sh", UNPACKED, path])
            .writable(folder.path(), PACKAGES)
            .folder(PACKAGES);
        Job::new(&step, &log)
            .output(&output)
            .run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
        let libraries = libraries::parse(&fs::read_to_string(&output).during(&step)?);
        if libraries.is_empty() {
            return Err(Failure::step(step, format!("ldd knows no library of {path}")).log(output));
        }

        let program = format!("{UNPACKED}{path}");
        for inside in libraries.iter().chain([&program]) {
            let path = outside(inside, folder.path(), root);
            let name = Path::new(inside).file_name().unwrap_or_default();
            fs::copy(&path, place.join(name)).during(format!("{step}: {}", path.display()))?;
        }
        folder.close().during(&step)?;
        bar.done("done");
        Ok(())
    }
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

    use super::{STRESS_NG, outside};

    #[test]
    fn each_file_goes_where_it_is_looked_for() {
        let target = |name| STRESS_NG.target(name);
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
