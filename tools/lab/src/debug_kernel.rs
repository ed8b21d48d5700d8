// SPDX-License-Identifier: GPL-2.0

//! Kernels whose own checks look for mistakes, built from the source of the stock kernel.
//!
//! The configuration is what `make allnoconfig` makes of fragments in `tools/lab/debug`, which is
//! small enough for a kernel to be built in a few minutes. With KASAN the kernel must be built by
//! clang for there to be Rust.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::index::Index;
use crate::job::Job;
use crate::kernel_choice::{Flavour, Kernel, Release};
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata::{OwnModules, Prepared, SOURCE, TREE, make_command};
use crate::root;
use crate::sandbox::Sandbox;
use crate::source;
use crate::stock_modules;
use crate::store::Entry;

/// The compiler, as make is told.
const CLANG: &str = "LLVM=-19";

/// Page tables of four levels: with five, KASAN reports any interrupt that comes while the kernel finds
/// out at boot what its CPU can do, and for a moment takes it for one that has four.
const FOUR_LEVELS: &str = "no5lvl";

/// Folder of the fragments in the project.
const FRAGMENTS: &str = "tools/lab/debug";

/// Name of the fragments' sum and where the sandbox sees it.
const WANTED: &str = "wanted.config";
const WANTED_INSIDE: &str = "/mnt/wanted.config";

/// The boot image in the tree, and the list of the modules' objects.
const IMAGE: &str = "arch/x86/boot/bzImage";
const MODULES: &str = "modules.order";

/// Lines that make prints, for the progress bar.
const EXPECTED_LINES: u64 = 2000;

/// A kind of debug kernel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DebugKernel {
    /// !PREEMPT_RT with KASAN.
    Kasan,
    /// PREEMPT_RT with KASAN.
    RtKasan,
    /// !PREEMPT_RT with KCSAN.
    Kcsan,
}

impl DebugKernel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kasan, Self::RtKasan, Self::Kcsan];

    /// As it ends the release's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kasan => "kasan",
            Self::RtKasan => "rt-kasan",
            Self::Kcsan => "kcsan",
        }
    }

    /// The flavour of Debian's whose tests it gets.
    pub fn flavour(self) -> Flavour {
        match self {
            Self::Kasan | Self::Kcsan => Flavour::Amd64,
            Self::RtKasan => Flavour::RtAmd64,
        }
    }

    /// The fragments of its configuration, by file name.
    fn fragments(self) -> [&'static str; 4] {
        let preemption = match self.flavour() {
            Flavour::Amd64 => "preempt",
            Flavour::RtAmd64 => "preempt-rt",
        };
        let sanitizer = match self {
            Self::Kasan | Self::RtKasan => "kasan",
            Self::Kcsan => "kcsan",
        };
        ["guest", "checks", preemption, sanitizer]
    }

    /// The kernel's name if it is built from the source of `kernel`.
    fn release(self, kernel: &Kernel) -> Release {
        let version = &kernel.release.version;
        Release {
            name: format!("{version}+{}", self.name()),
            version: version.clone(),
            flavour: self.flavour(),
        }
    }

    /// What is asked for of the configuration, in an order that is not the fragments'.
    fn wanted(self, project: &Path) -> Result<String> {
        let mut lines = Vec::new();
        for name in self.fragments() {
            let file = project.join(FRAGMENTS).join(format!("{name}.config"));
            let text = fs::read_to_string(&file).during(file.display())?;
            let options = text.lines().filter(|line| line.starts_with("CONFIG_"));
            lines.extend(options.map(|line| format!("{line}\n")));
        }
        lines.sort_unstable();
        Ok(lines.concat())
    }
}

/// What the cache calls the debug kernel `which` of `kernel`'s version.
pub fn entry(lab: &Lab, kernel: &Kernel, which: DebugKernel) -> Result<Entry> {
    let release = which.release(kernel);
    let key = Key::builder()
        .input("source", source::entry(kernel).key.to_string())
        .input("configuration", which.wanted(lab.project.folder())?)
        .input("modules", stock_modules::WANTED.join(" "))
        .input("root", root::entry().key.to_string())
        .input(
            "make",
            make_command(&release, CLANG, 0, SOURCE, []).join(" "),
        )
        .finish();
    Ok(Entry {
        kind: "debug-kernel",
        name: release.name,
        key,
    })
}

/// The debug kernel `which` of `kernel`'s version.
pub fn get(
    lab: &Lab,
    index: &Index,
    root: &Path,
    kernel: &Kernel,
    which: DebugKernel,
) -> Result<Prepared> {
    let release = which.release(kernel);
    let wanted = which.wanted(lab.project.folder())?;
    let source = source::get(lab, index, root, kernel)?;
    let entry = entry(lab, kernel, which)?;
    let place = lab.store.get(&entry, |place| {
        make(lab, root, &release, &source, &wanted, place)
    })?;
    Ok(Prepared {
        origin: format!("{}-{}", release.name, entry.key),
        release,
        compiler: CLANG,
        key: entry.key,
        root: root.to_owned(),
        source,
        source_key: source::entry(kernel).key,
        modules: OwnModules::Built(place.join("modules")),
        argument: Some(FOUR_LEVELS),
        place,
    })
}

fn make(
    lab: &Lab,
    root: &Path,
    release: &Release,
    source: &Path,
    wanted: &str,
    place: &Path,
) -> Result<()> {
    let step = format!("{}: kernel", release.name);
    let log = lab.project.log(&format!("kernel-{}", release.name));
    let tree = place.join("tree");
    fs::create_dir(&tree).during(&step)?;
    fs::write(place.join(WANTED), wanted).during(&step)?;

    let bar = lab.ui.step(&step, Some(EXPECTED_LINES));
    let build = |targets: &[&str]| {
        let arguments = [format!("O={TREE}")]
            .into_iter()
            .chain(targets.iter().map(|&target| target.to_owned()));
        let argv = make_command(release, CLANG, lab.options.jobs, SOURCE, arguments);
        let sandbox = Sandbox::in_root(root, argv)
            .read_only(source, SOURCE)
            .read_only(place.join(WANTED), WANTED_INSIDE)
            .writable(&tree, TREE);
        Job::new(&step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)
    };
    build(&[&format!("KCONFIG_ALLCONFIG={WANTED_INSIDE}"), "allnoconfig"])?;
    let got = fs::read_to_string(tree.join(".config")).during(&step)?;
    let missing = missing(wanted, &got);
    if !missing.is_empty() {
        let cause = format!(
            "the configuration did not come to have {}",
            missing.join(", ")
        );
        return Err(Failure::step(&step, cause).log(&log).remedy(format!(
            "correct {FRAGMENTS}: something that these need is off, or they are called otherwise in {}",
            release.version
        )));
    }
    build(&["bzImage", "modules"])?;

    let modules = place.join("modules");
    fs::create_dir(&modules).during(&step)?;
    fs::copy(tree.join(IMAGE), place.join("vmlinuz")).during(&step)?;
    let order = fs::read_to_string(tree.join(MODULES)).during(&step)?;
    for name in stock_modules::WANTED {
        let built = built_as(name, &order).ok_or_else(|| {
            Failure::step(&step, format!("the build made no {name}.ko")).log(&log)
        })?;
        fs::copy(tree.join(built), modules.join(format!("{name}.ko"))).during(&step)?;
    }
    strip(&tree).during(&step)?;
    bar.done("built");
    Ok(())
}

/// The lines of `wanted` that a configuration, `got`, does not have.
fn missing<'a>(wanted: &'a str, got: &str) -> Vec<&'a str> {
    let got: BTreeSet<_> = got.lines().collect();
    wanted.lines().filter(|line| !got.contains(line)).collect()
}

/// The path in the tree of the module `name`, if it is in `order`, the build's list of all.
fn built_as(name: &str, order: &str) -> Option<PathBuf> {
    order
        .lines()
        .map(Path::new)
        .find(|object| object.file_stem().is_some_and(|stem| stem == name))
        .map(|object| object.with_extension("ko"))
}

/// Removes what was built in a tree and modules are not built with: gigabytes.
fn strip(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            strip(&entry.path())?;
        } else if name.contains("vmlinux")
            || [".o", ".a", ".ko", ".cmd"]
                .iter()
                .any(|end| name.ends_with(end))
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{DebugKernel, built_as, missing};
    use crate::paths::Project;

    #[test]
    fn what_was_not_granted_is_named() {
        let wanted = "CONFIG_KASAN=y\nCONFIG_BRD=m\nCONFIG_NR_CPUS=8\n";
        let got = "CONFIG_KASAN=y\nCONFIG_BRD=y\n# CONFIG_NR_CPUS is not set\n";
        assert_eq!(missing(wanted, got), ["CONFIG_BRD=m", "CONFIG_NR_CPUS=8"]);
        assert!(missing(wanted, wanted).is_empty());
    }

    #[test]
    fn a_module_is_found_wherever_it_is() {
        let order = "drivers/block/brd.o\nlib/lz4/lz4hc_compress.o\n";
        let path = built_as("lz4hc_compress", order);
        assert_eq!(
            path.as_deref(),
            Some(Path::new("lib/lz4/lz4hc_compress.ko"))
        );
        assert_eq!(built_as("lz4", order), None);
    }

    #[test]
    fn every_fragment_is_there_and_none_contradicts_another() {
        let project = Project::find().unwrap();
        for kernel in DebugKernel::ALL {
            let wanted = kernel.wanted(project.folder()).unwrap();
            let mut names: Vec<_> = wanted
                .lines()
                .filter_map(|line| Some(line.split_once('=')?.0))
                .collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", kernel.name());
        }
    }
}
