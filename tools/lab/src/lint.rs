// SPDX-License-Identifier: GPL-2.0

//! `make lint`: formatting and lints of the programs, the modules and the shell scripts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{During, Ended, Failure, Result};
use crate::job::Job;
use crate::kernels;
use crate::lab::Lab;
use crate::metadata::{Prepared, SOURCE};
use crate::modules::{PROJECT, kbuild};
use crate::sandbox::Sandbox;
use crate::userland;
use crate::variant::Variant;

/// Lines that the longest check prints, for the progress bar.
const EXPECTED_LINES: u64 = 100;

/// Folders without sources of ours.
const NOT_OURS: [&str; 2] = ["build", ".git"];

type Check = fn(&Lab, &Prepared) -> Result<()>;

const CHECKS: [(&str, Check); 5] = [
    ("rustfmt of the programs", programs_format),
    ("clippy of the programs", programs_clippy),
    ("rustfmt of the modules", modules_format),
    ("clippy of the modules", modules_clippy),
    ("shellcheck", shellcheck),
];

/// Checks everything, and fails after all if anything was found.
pub fn run(lab: &Lab) -> Result<Ended> {
    let kernels = kernels::get(lab)?;
    let Some(kernel) = kernels.first() else {
        return Err(Failure::step("lint", "no kernel to lint the modules for"));
    };
    let mut found = Vec::new();
    for (name, check) in CHECKS {
        match check(lab, kernel) {
            Ok(()) => {}
            Err(failure) if lab.interrupt.raised() => return Err(failure),
            Err(failure) => {
                lab.ui.say(&failure.to_string());
                found.push(name);
            }
        }
    }
    lab.ui.print(&match &found[..] {
        [] => "lint: nothing found".to_owned(),
        found => format!("lint: {} found something", found.join(", ")),
    });
    Ok(Ended::of_tests(found.is_empty()))
}

fn run_check(lab: &Lab, step: &str, log: &Path, sandbox: Sandbox) -> Result<()> {
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    Job::new(step, log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    bar.done("nothing found");
    Ok(())
}

fn programs_format(lab: &Lab, kernel: &Prepared) -> Result<()> {
    let sandbox = userland::cargo(lab, &kernel.root, ["fmt", "--all", "--check"])?;
    run_check(
        lab,
        "lint: rustfmt of the programs",
        &lab.project.log("lint-programs-format"),
        sandbox,
    )
}

fn programs_clippy(lab: &Lab, kernel: &Prepared) -> Result<()> {
    let arguments = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        // What is found in one crate is not to hide what would be in the next.
        "--keep-going",
        "--",
        "-Dwarnings",
    ];
    let sandbox = userland::cargo(lab, &kernel.root, arguments)?;
    run_check(
        lab,
        "lint: clippy of the programs",
        &lab.project.log("lint-programs-clippy"),
        sandbox,
    )
}

/// With the kernel's own rustfmt settings.
fn modules_format(lab: &Lab, kernel: &Prepared) -> Result<()> {
    let step = "lint: rustfmt of the modules";
    let in_module = |path: &Path| {
        let below = |folder| path.starts_with(folder);
        let top = path.components().count() == 1;
        (top || below("rust")) && path.extension().is_some_and(|end| end == "rs")
    };
    let files = project_files(lab.project.folder(), &in_module).during(step)?;
    let settings = format!("{SOURCE}/.rustfmt.toml");
    let fixed = ["rustfmt", "--check", "--config-path", &settings].map(str::to_owned);
    let argv = fixed.into_iter().chain(inside(files));
    let sandbox = kernel
        .with_source(Sandbox::in_root(&kernel.root, argv))
        .read_only(lab.project.folder(), PROJECT);
    run_check(lab, step, &lab.project.log("lint-modules-format"), sandbox)
}

/// With the kernel's own lints. They only warn, so the log is searched for warnings.
fn modules_clippy(lab: &Lab, kernel: &Prepared) -> Result<()> {
    let step = "lint: clippy of the modules";
    let log = lab.project.log("lint-modules-clippy");
    let output = tempfile::tempdir().during(step)?;
    let mut arguments = Variant::TESTED.make_arguments();
    arguments.extend(["CLIPPY=1".into(), "modules".into()]);
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    let sandbox = kbuild(lab, kernel, output.path(), arguments)?;
    Job::new(step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    let text = fs::read(&log).during(step)?;
    let warnings = warnings(&String::from_utf8_lossy(&text));
    if let Some(first) = warnings.first() {
        let cause = format!("{} warnings; the first: {first}", warnings.len());
        return Err(Failure::test(step, cause).log(log));
    }
    bar.done("nothing found");
    Ok(())
}

/// The warnings of rustc and clippy. Those of objtool and modpost are about the code that is made,
/// which is another one without clippy.
fn warnings(log: &str) -> Vec<String> {
    let is_warning = |line: &&str| line.starts_with("warning") && !line.ends_with(" emitted");
    log.lines().filter(is_warning).map(str::to_owned).collect()
}

fn shellcheck(lab: &Lab, kernel: &Prepared) -> Result<()> {
    let step = "lint: shellcheck";
    let folder = lab.project.folder();
    let is_script = |path: &Path| {
        let text = fs::read(folder.join(path)).unwrap_or_default();
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        first.starts_with(b"#!") && first.ends_with(b"sh")
    };
    let scripts = project_files(folder, &is_script).during(step)?;
    let argv = ["shellcheck".to_owned()].into_iter().chain(inside(scripts));
    let sandbox = Sandbox::in_root(&kernel.root, argv).read_only(folder, PROJECT);
    run_check(lab, step, &lab.project.log("lint-shellcheck"), sandbox)
}

/// The names that a sandbox sees of files in the project.
fn inside(files: Vec<PathBuf>) -> impl Iterator<Item = String> {
    files
        .into_iter()
        .map(|file| Path::new(PROJECT).join(file).display().to_string())
}

/// The project's files that are `wanted`, by paths relative to its folder.
fn project_files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(folder, Path::new(""), wanted, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(
    folder: &Path,
    relative: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    files: &mut Vec<PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(relative))? {
        let entry = entry?;
        let path = relative.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_OURS.iter().any(|name| path == Path::new(name)) {
            collect(folder, &path, wanted, files)?;
        } else if kind.is_file() && wanted(&path) {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{project_files, warnings};

    #[test]
    fn build_products_are_not_linted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["rust", "build"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("a.rs"), "").unwrap();
        }
        let files = project_files(folder.path(), &|_| true).unwrap();
        assert_eq!(files, [Path::new("rust/a.rs")]);
    }

    #[test]
    fn warnings_of_rustc_and_clippy_are_found() {
        let log = "CC a.o\nwarning: unused\n  --> a.rs\nwarning[E1]: b\nwarning: 2 warnings emitted\n\
                   a.o: warning: objtool: falls through\n";
        assert_eq!(warnings(log), ["warning: unused", "warning[E1]: b"]);
    }
}
