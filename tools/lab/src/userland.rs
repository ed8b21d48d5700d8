// SPDX-License-Identifier: GPL-2.0

//! The guest's programs: static, built by the root's own cargo.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata;
use crate::modules::PROJECT;
use crate::root;
use crate::sandbox::Sandbox;
use crate::store::Entry;

/// What cargo reads; of include only the uapi headers matter.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "tools/atomics/counts",
    "tools/guest-init",
    "tools/testing/selftests",
    "include/uapi",
];

/// cargo packages whose programs go into the guest.
const GUEST_INIT: &str = "pwlocks-guest-init";
const SELFTESTS: &str = "pwlocks-selftests";

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Name of the guest's first process in the folder of programs.
pub const INIT: &str = "guest-init";

/// Lines that cargo prints, for the progress bar.
const EXPECTED_LINES: u64 = 40;

/// The folder of the guest's programs.
pub fn get(lab: &Lab, root: &Path) -> Result<PathBuf> {
    let step = "guest programs";
    let mut key = Key::builder()
        .input("root", root::entry().key.to_string())
        // Not what earlier versions built in a folder of all checkouts.
        .input("target folder", "of the checkout");
    for source in SOURCES {
        key = key
            .tree(lab.project.folder(), Path::new(source))
            .during(step)?;
    }
    let entry = Entry {
        kind: "programs",
        name: "static".into(),
        key: key.finish(),
    };
    lab.store.get(&entry, |place| make(lab, root, step, place))
}

/// Where the root's cargo puts what it builds. In the project's folder, and not in the cache, where
/// other checkouts would use it too: cargo goes by the age of a source and not by its content, and
/// would take what it built of another checkout for what it finds in an older one.
pub fn target_folder(lab: &Lab) -> PathBuf {
    lab.project.build().join("cargo-root")
}

/// The same, as the root sees it.
const TARGET_FOLDER: &str = "/mnt/cargo-target";

/// A cargo run in the root on the project, with a cargo home in the cache.
pub fn cargo<'a>(
    lab: &Lab,
    root: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Result<Sandbox> {
    let mut sandbox = Sandbox::in_root(root, ["cargo"].into_iter().chain(arguments));
    for (source, variable, target) in [
        (
            lab.store.base().join("cargo-home"),
            "CARGO_HOME",
            "/mnt/cargo-home",
        ),
        (target_folder(lab), "CARGO_TARGET_DIR", TARGET_FOLDER),
    ] {
        fs::create_dir_all(&source).during(format!("make {}", source.display()))?;
        sandbox = sandbox.env(variable, target).writable(source, target);
    }
    Ok(sandbox
        .read_only(lab.project.folder(), PROJECT)
        .folder(PROJECT)
        .env("CARGO_TERM_PROGRESS_WHEN", "never"))
}

fn make(lab: &Lab, root: &Path, step: &str, place: &Path) -> Result<()> {
    let log = lab.project.log("guest-programs");
    let messages = place.join("messages.json");
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    let mut arguments = vec![
        "build",
        "--locked",
        "--release",
        "--bins",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
        "--package",
        GUEST_INIT,
    ];
    if lab
        .project
        .folder()
        .join("tools/testing/selftests/pwlocks/Cargo.toml")
        .exists()
    {
        arguments.extend(["--package", SELFTESTS]);
    }
    let jobs = lab.options.jobs.to_string();
    arguments.extend(["--jobs", &jobs]);
    let sandbox = cargo(lab, root, arguments)?.env("RUSTFLAGS", "-C target-feature=+crt-static");
    Job::new(step, &log)
        .output(&messages)
        .run(&lab.ui, &lab.interrupt, sandbox, &bar)
        .map_err(|failure| {
            failure.remedy("correct the error that the log shows, or check that cargo's registry can be reached")
        })?;
    let programs = executables(&fs::read_to_string(&messages).during(step)?);
    for program in &programs {
        let relative = program.strip_prefix(TARGET_FOLDER).during(step)?;
        let source = target_folder(lab).join(relative);
        let name = program.file_name().unwrap_or_default();
        fs::copy(&source, place.join(name)).during(format!("{step}: {}", source.display()))?;
    }
    if !place.join(INIT).exists() {
        return Err(Failure::step(step, format!("cargo made no {INIT}")).log(log));
    }
    fs::remove_file(&messages).during(step)?;
    bar.done(&format!("{} built", programs.len()));
    Ok(())
}

/// The programs that cargo's JSON messages tell of.
fn executables(messages: &str) -> Vec<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect()
}

/// The kernels' root also has busybox, which the guest's shell is made of.
pub fn busybox(kernel: &metadata::Prepared) -> PathBuf {
    kernel.root.join("usr/bin/busybox")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::executables;

    #[test]
    fn only_programs_are_taken_from_cargos_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/mnt/cargo-target/r/lock\"}\n\
                        {\"reason\":\"build-script-executed\"}\nnoise\n\
                        {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(
            executables(messages),
            [Path::new("/mnt/cargo-target/r/lock")]
        );
    }
}
