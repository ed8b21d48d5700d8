// SPDX-License-Identifier: GPL-2.0

//! The Debian root folder in which everything is built and in which QEMU runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::mirror::{IGNORE_DATE, KEYRING, Mirror, SUITE};
use crate::sandbox::{self, Sandbox};
use crate::store::Entry;

/// What the root needs beside apt. QEMU is in it because older ones crash these kernels.
const PACKAGES: &[&str] = &[
    // Kernel modules in Rust, and the Rust metadata of a kernel.
    "bc",
    "bindgen",
    "bison",
    "clang-19",
    "cpio",
    "flex",
    "gcc",
    "gcc-14",
    "kmod",
    "libc6-dev",
    "libclang-19-dev",
    "libelf-dev",
    "libssl-dev",
    "lld-19",
    "llvm-19",
    "make",
    "pahole",
    "perl",
    "python3-minimal",
    "rust-clippy",
    "rust-src",
    "rustc",
    "rustfmt",
    "xz-utils",
    "zstd",
    // The model of the protocol.
    "spin",
    // Programs for the guest, and the lints.
    "busybox-static",
    "ca-certificates",
    "cargo",
    "shellcheck",
    // The kernel's mm selftests.
    "libcap-dev",
    "libnuma-dev",
    // Guests.
    "qemu-system-x86",
    // The kernel packages come through this root's apt.
    "debian-archive-keyring",
];

/// Files of the packages that nobody reads here.
const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
];

/// Lines that mmdebstrap prints, for the progress bar.
const EXPECTED_LINES: u64 = 12;

/// Words of apt for a Release file that is past its date.
const OUT_OF_DATE: [&str; 2] = ["is not valid anymore", "is expired"];

/// The cache entry of the root.
pub fn entry() -> Entry {
    let key = Key::builder()
        .input("suite", SUITE)
        .input("packages", PACKAGES.join(" "))
        .input("left out", LEFT_OUT.join(" "))
        .finish();
    Entry {
        kind: "root",
        name: SUITE.into(),
        key,
    }
}

/// The root folder, made if the cache has none.
pub fn get(lab: &Lab) -> Result<PathBuf> {
    let place = lab.store.get(&entry(), |place| make(lab, place))?;
    Ok(place.join("root"))
}

fn make(lab: &Lab, place: &Path) -> Result<()> {
    let step = "root: mmdebstrap";
    let mirror = Mirror::find()?;
    let log = lab.project.log("root");
    let target = place.join("root");
    let bar = lab.ui.step(
        &format!("root: install Debian {SUITE} with compilers and QEMU"),
        Some(EXPECTED_LINES),
    );
    let mut options: Vec<String> = mirror.proxies.clone();
    let run = |options: &[String]| {
        Job::new(step, &log).run(
            &lab.ui,
            &lab.interrupt,
            command(&mirror, options, &target),
            &bar,
        )
    };
    let mut made = run(&options);
    if made.is_err() && is_out_of_date(&log) {
        lab.ui.say(
            "root: the mirror's Release file is past its date; trying without the check of the date \
             (signatures are still checked)",
        );
        if target.exists() {
            fs::remove_dir_all(&target).during(step)?;
        }
        options.push(IGNORE_DATE.into());
        made = run(&options);
    }
    made.map_err(|failure| explain(failure, &mirror))?;
    for name in sandbox::HOST_FILES {
        // A sandbox covers it with the host's, for which a file must be there. A link in its place
        // could lead out of the root.
        let file = target.join(name.trim_start_matches('/'));
        match file.symlink_metadata() {
            Ok(data) if data.is_file() => continue,
            Ok(_) => fs::remove_file(&file).during(step)?,
            Err(_) => {}
        }
        File::create(file).during(step)?;
    }
    bar.done("made");
    Ok(())
}

fn command(mirror: &Mirror, options: &[String], target: &Path) -> Sandbox {
    let mut argv = vec![
        "mmdebstrap".to_owned(),
        "--mode=root".to_owned(),
        "--variant=apt".to_owned(),
        "--architectures=amd64".to_owned(),
        format!("--keyring={KEYRING}"),
        format!("--include={}", PACKAGES.join(",")),
    ];
    argv.extend(options.iter().map(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        format!("--aptopt={name} \"{value}\"")
    }));
    argv.extend(
        LEFT_OUT
            .iter()
            .map(|path| format!("--dpkgopt=path-exclude={path}")),
    );
    argv.push(SUITE.into());
    argv.push(target.display().to_string());
    argv.extend(mirror.source_lines());
    Sandbox::on_host(argv)
}

/// Whether apt complained, in its log, of a Release file that is past its date.
pub fn is_out_of_date(log: &Path) -> bool {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    OUT_OF_DATE.iter().any(|words| text.contains(words))
}

/// Adds what to do when apt failed against `mirror`.
pub fn explain(failure: Failure, mirror: &Mirror) -> Failure {
    if failure.remedy.is_some() {
        return failure;
    }
    let remedy = if failure.cause.contains("o space left") {
        "free space in the cache folder's file system, or set PWLOCKS_CACHE to another place"
            .to_owned()
    } else if failure.cause.contains("Hash Sum mismatch") {
        format!(
            "{} or a proxy before it delivered a damaged file; run the command again, or name another mirror \
             with PWLOCKS_MIRROR",
            mirror.uri
        )
    } else {
        format!(
            "check that {} can be reached (it is taken from /etc/apt; PWLOCKS_MIRROR names another), then run \
             the command again: it goes on where it stopped",
            mirror.uri
        )
    };
    failure.remedy(remedy)
}
