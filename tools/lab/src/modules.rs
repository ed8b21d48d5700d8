// SPDX-License-Identifier: GPL-2.0

//! The modules, built by Kbuild for one kernel in one variant.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use crate::audited;
use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::module_file::ModuleFile;
use crate::sandbox::Sandbox;
use crate::store::Entry;
use crate::variant::Variant;
use crate::work_queue;

/// Folders and files of the project that Kbuild reads, beside the `*.rs` and `*.c` at the top.
const SOURCES: &[&str] = &["Kbuild", "rust", "include", "scripts/klp_link"];

/// Where a sandbox sees the project and the output folder.
pub const PROJECT: &str = "/mnt/project";
pub const OUTPUT: &str = "/mnt/out";

/// Lines that Kbuild prints, for the progress bar.
const EXPECTED_LINES: u64 = 35;

/// A folder of built modules.
pub fn get(lab: &Lab, kernel: &Prepared, variant: Variant) -> Result<PathBuf> {
    let name = format!("{}-{}", kernel.release.name, variant.name());
    let step = format!("{name}: modules");
    let audited = audited::require(lab, &kernel.audit_image())?;
    let entry = Entry {
        kind: "modules",
        name,
        key: key(lab.project.folder(), kernel, &audited, variant).during(&step)?,
    };
    lab.store
        .get(&entry, |place| make(lab, kernel, variant, &step, place))
}

/// Has all that are `wanted` built, several at once: much of a build is done by one CPU only.
pub fn build<'a>(
    lab: &Lab,
    wanted: impl IntoIterator<Item = (&'a Prepared, Variant)>,
) -> Result<()> {
    let each_once: BTreeMap<_, _> = wanted
        .into_iter()
        .map(|(kernel, variant)| ((&kernel.release.name, variant), kernel))
        .collect();
    // Each build takes its kernel's audit, and would wait for the one that has begun to make it.
    for kernel in each_once.values() {
        audited::require(lab, &kernel.audit_image())?;
    }
    work_queue::run(
        each_once.into_iter().collect::<VecDeque<_>>(),
        lab.options.jobs,
        &lab.interrupt,
        |((_, variant), kernel)| get(lab, kernel, variant),
    )
    .map(drop)
}

fn key(
    project: &Path,
    kernel: &Prepared,
    audited: &Path,
    variant: Variant,
) -> std::io::Result<Key> {
    let mut key = Key::builder()
        .input("kernel", kernel.key.to_string())
        .input("audited", fs::read(audited)?)
        .input("variant", variant.make_arguments().join(" "));
    for source in SOURCES {
        key = key.tree(project, Path::new(source))?;
    }
    for source in top_level_sources(project)? {
        key = key.tree(project, &source)?;
    }
    Ok(key.finish())
}

fn top_level_sources(project: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(project)? {
        let name = PathBuf::from(entry?.file_name());
        if name
            .extension()
            .is_some_and(|end| end == "rs" || end == "c")
        {
            sources.push(name);
        }
    }
    sources.sort();
    Ok(sources)
}

/// A Kbuild run on the project, which it cannot write to, with its output in `output`.
///
/// It is told of the kernel's audit, and there is none if that fails.
pub fn kbuild(
    lab: &Lab,
    kernel: &Prepared,
    output: &Path,
    arguments: impl IntoIterator<Item = String>,
) -> Result<Sandbox> {
    let audited = audited::require(lab, &kernel.audit_image())?;
    let fixed = [
        format!("M={PROJECT}"),
        format!("MO={OUTPUT}"),
        format!("AUDITED={}", audited::INSIDE),
    ];
    Ok(kernel
        .make(lab.options.jobs, fixed.into_iter().chain(arguments))
        .read_only(lab.project.folder(), PROJECT)
        .read_only(audited, audited::INSIDE)
        .writable(output, OUTPUT))
}

fn make(lab: &Lab, kernel: &Prepared, variant: Variant, step: &str, place: &Path) -> Result<()> {
    let output = tempfile::tempdir_in(place).during(step)?;
    let name = format!("modules-{}-{}", kernel.release.name, variant.name());
    let log = lab.project.log(&name);
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    let mut arguments = variant.make_arguments();
    arguments.push("modules".into());
    let sandbox = kbuild(lab, kernel, output.path(), arguments)?;
    Job::new(step, &log)
        .run(&lab.ui, &lab.interrupt, sandbox, &bar)
        .map_err(|failure| {
            failure.remedy("correct the error that the log shows and run the command again")
        })?;
    let mut built = 0;
    for entry in fs::read_dir(output.path()).during(step)? {
        let path = entry.during(step)?.path();
        let Some(file_name) = path
            .file_name()
            .filter(|_| path.extension().is_some_and(|end| end == "ko"))
        else {
            continue;
        };
        let module = ModuleFile::read(&path).during(step)?;
        if module.release != kernel.release.name {
            let cause = format!(
                "{} is for {}, not for {}",
                path.display(),
                module.release,
                kernel.release.name
            );
            return Err(Failure::step(step, cause).log(log));
        }
        if let Some(symbol) = module.not_linked {
            let cause = format!(
                "scripts/klp_link has not been run on {}: \"{symbol}\" is undefined",
                path.display()
            );
            return Err(Failure::step(step, cause).log(log));
        }
        fs::copy(&path, place.join(file_name)).during(step)?;
        built += 1;
    }
    if built == 0 {
        return Err(Failure::step(step, "Kbuild made no module").log(log));
    }
    bar.done(&format!("{built} built"));
    output.close().during(step)
}
