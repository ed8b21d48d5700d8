// SPDX-License-Identifier: GPL-2.0

//! A kernel ready to boot and to build Rust modules for.
//!
//! Debian's header packages have no Rust metadata. It is made here from the source of exactly the
//! kernel's version with exactly the kernel's configuration, by the same compilers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::image::Image;
use crate::index::Index;
use crate::job::Job;
use crate::kernel_choice::{Kernel, Release};
use crate::key::Key;
use crate::lab::Lab;
use crate::package_index::Package;
use crate::root;
use crate::sandbox::Sandbox;
use crate::source;
use crate::store::Entry;

/// The compiler that Debian builds these kernels with, as make is told.
pub const CC: &str = "CC=x86_64-linux-gnu-gcc-14";

/// Where a sandbox sees the source and the prepared tree, which know each other by these names.
pub const SOURCE: &str = "/mnt/linux";
pub const TREE: &str = "/mnt/tree";

/// Lines that make prints, for the progress bar.
const EXPECTED_LINES: u64 = 230;

/// Where a kernel's own modules are.
#[derive(Clone, Debug)]
pub enum OwnModules {
    /// In a package, which is fetched when they are asked for.
    Package(Package),
    /// Built with the kernel, in this folder.
    Built(PathBuf),
}

/// A kernel in the cache.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its name.
    pub release: Release,
    /// What its image is from: a package, or what it was built from.
    pub origin: String,
    /// The compiler it was built with, as make is told.
    pub compiler: &'static str,
    /// Digest of what it is made from.
    pub key: Key,
    /// The root folder that built it.
    pub root: PathBuf,
    /// Its source.
    pub source: PathBuf,
    /// Digest of what that is made from; both flavours have the same.
    pub source_key: Key,
    /// The modules that belong to it.
    pub modules: OwnModules,
    /// What it must have on its command line, whatever the guest.
    pub argument: Option<&'static str>,
    /// Its cache entry.
    pub place: PathBuf,
}

impl Prepared {
    /// The boot image.
    pub fn image(&self) -> PathBuf {
        self.place.join("vmlinuz")
    }

    /// The boot image, to be audited.
    pub fn audit_image(&self) -> Image {
        Image {
            release: self.release.clone(),
            package: self.origin.clone(),
            path: self.image(),
        }
    }

    /// The prepared tree.
    pub fn tree(&self) -> PathBuf {
        self.place.join("tree")
    }

    /// Its timer interrupts in a second, `CONFIG_HZ`, if its configuration has that.
    pub fn hz(&self) -> Option<u64> {
        let configuration = fs::read_to_string(self.tree().join(".config")).ok()?;
        hz_of(&configuration)
    }

    /// make in the prepared tree with `arguments`, in a sandbox that sees source and tree.
    pub fn make(&self, jobs: usize, arguments: impl IntoIterator<Item = String>) -> Sandbox {
        let argv = make_command(&self.release, self.compiler, jobs, TREE, arguments);
        self.with_source(Sandbox::in_root(&self.root, argv))
            .read_only(self.tree(), TREE)
    }

    /// Lets a sandbox see the source.
    pub fn with_source(&self, sandbox: Sandbox) -> Sandbox {
        sandbox.read_only(&self.source, SOURCE)
    }
}

fn hz_of(configuration: &str) -> Option<u64> {
    let value = configuration
        .lines()
        .find_map(|line| line.strip_prefix("CONFIG_HZ="))?;
    value.parse().ok().filter(|&hz| hz > 0)
}

/// make for a kernel in `folder`, as one called `release` and with `compiler`.
pub fn make_command(
    release: &Release,
    compiler: &str,
    jobs: usize,
    folder: &str,
    arguments: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let fixed = [
        "make".to_owned(),
        format!("-j{jobs}"),
        "-C".to_owned(),
        folder.to_owned(),
        format!("LOCALVERSION={}", release.local_version()),
        compiler.to_owned(),
    ];
    fixed.into_iter().chain(arguments).collect()
}

/// The cache entry of a prepared kernel.
pub fn entry(kernel: &Kernel) -> Entry {
    let key = Key::builder()
        .input("image", kernel.image.request())
        .input("headers", kernel.headers.request())
        .input("source", source::entry(kernel).key.to_string())
        .input("root", root::entry().key.to_string())
        .input(
            "make",
            make_command(&kernel.release, CC, 0, SOURCE, []).join(" "),
        )
        .finish();
    Entry {
        kind: "kernel",
        name: kernel.release.name.clone(),
        key,
    }
}

/// `kernel`, prepared.
pub fn get(lab: &Lab, index: &Index, root: &Path, kernel: &Kernel) -> Result<Prepared> {
    let entry = entry(kernel);
    let source = source::get(lab, index, root, kernel)?;
    let place = lab.store.get(&entry, |place| {
        make(lab, index, root, kernel, &source, place)
    })?;
    Ok(Prepared {
        release: kernel.release.clone(),
        origin: kernel.image.request(),
        compiler: CC,
        key: entry.key,
        root: root.to_owned(),
        source,
        source_key: source::entry(kernel).key,
        modules: OwnModules::Package(kernel.modules.clone()),
        argument: None,
        place,
    })
}

fn make(
    lab: &Lab,
    index: &Index,
    root: &Path,
    kernel: &Kernel,
    source: &Path,
    place: &Path,
) -> Result<()> {
    let release = &kernel.release;
    let packages = place.join("packages");
    let tree = place.join("tree");
    let step = format!("{}: unpack", release.name);
    fs::create_dir(&packages).during(&step)?;
    fs::create_dir(&tree).during(&step)?;
    index.download(
        lab,
        &[&kernel.image, &kernel.headers],
        &packages,
        &release.name,
    )?;

    let bar = lab.ui.step(&step, None);
    let script = "set -e; for package in *.deb; do dpkg-deb -x \"$package\" .; done";
    let sandbox = Sandbox::in_root(root, ["sh", "-c", script])
        .writable(&packages, "/mnt/packages")
        .folder("/mnt/packages");
    let log = lab.project.log(&format!("unpack-{}", release.name));
    Job::new(&step, log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    let headers = packages
        .join("usr/src")
        .join(format!("linux-headers-{}", release.name));
    let image = packages
        .join("usr/lib/modules")
        .join(&release.name)
        .join("vmlinuz.unsigned");
    for (from, to) in [
        (headers.join(".config"), tree.join(".config")),
        (headers.join("Module.symvers"), tree.join("Module.symvers")),
        (image, place.join("vmlinuz")),
    ] {
        fs::copy(&from, &to).during(format!("{step}: copy {}", from.display()))?;
    }
    fs::remove_dir_all(&packages).during(&step)?;
    bar.done("done");
    prepare(lab, root, release, source, &tree)
}

fn prepare(lab: &Lab, root: &Path, release: &Release, source: &Path, tree: &Path) -> Result<()> {
    let step = format!("{}: Rust metadata", release.name);
    let log = lab.project.log(&format!("metadata-{}", release.name));
    let bar = lab.ui.step(&step, Some(EXPECTED_LINES));
    let symbols = tree.join("Module.symvers");
    // Preparing makes an empty one of its own.
    let kept = fs::read(&symbols).during(&step)?;
    let output = format!("O={TREE}");
    let arguments = [&output, "olddefconfig", "prepare", "modules_prepare"].map(str::to_owned);
    let argv = make_command(release, CC, lab.options.jobs, SOURCE, arguments);
    let sandbox = Sandbox::in_root(root, argv)
        .read_only(source, SOURCE)
        .writable(tree, TREE);
    Job::new(&step, &log)
        .run(&lab.ui, &lab.interrupt, sandbox, &bar)
        .map_err(|failure| {
            failure.remedy(
                "look at the log; `make distclean` and a new run help if the cache is damaged",
            )
        })?;
    fs::write(&symbols, kept).during(&step)?;
    let made = fs::read_to_string(tree.join("include/config/kernel.release")).during(&step)?;
    if made.trim() != release.name {
        let cause = format!("the tree says it is {}, not {}", made.trim(), release.name);
        return Err(Failure::step(step, cause).log(log));
    }
    if !tree.join("rust/libkernel.rmeta").exists() {
        return Err(Failure::step(
            step,
            "this kernel's configuration has no Rust, or no compiler for it",
        )
        .log(log)
        .remedy("choose another KERNEL="));
    }
    bar.done("made");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::hz_of;

    #[test]
    fn hz_is_a_number_of_the_configuration() {
        let configuration = "# CONFIG_HZ_100 is not set\nCONFIG_HZ_250=y\nCONFIG_HZ=250\n";
        assert_eq!(hz_of(configuration), Some(250));
        assert_eq!(hz_of("CONFIG_HZ_250=y\nCONFIG_HZ=0\n"), None);
        assert_eq!(hz_of(""), None);
    }
}
