// SPDX-License-Identifier: GPL-2.0

//! The sandbox leaves nothing behind, however it ends.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::json;

const LAB: &str = env!("CARGO_BIN_EXE_pwlocks-lab");

/// Namespaces take root, so an ordinary user's `make check-host` cannot try them.
fn may_make_namespaces() -> bool {
    let root = geteuid().is_root();
    if !root {
        eprintln!("not run: namespaces take root");
    }
    root
}

/// The sandbox's description for a shell script that sees a tmpfs at `scratch`.
fn description(script: &str, scratch: &Path) -> String {
    json!({
        "root": null,
        "binds": [],
        "tmpfs": [scratch],
        "environment": {"PATH": "/usr/bin:/bin"},
        "folder": "/",
        "argv": ["sh", "-c", script],
        "caller": std::process::id(),
    })
    .to_string()
}

fn mounted(folder: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    mounts.contains(&folder.display().to_string())
}

/// Whether a process whose command line has `marker` lives.
fn lives(marker: &str) -> bool {
    let own = std::process::id().to_string();
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        entry.file_name().to_string_lossy() != own
            && String::from_utf8_lossy(&line).contains(marker)
    })
}

#[test]
fn the_exit_status_comes_through() {
    if !may_make_namespaces() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    for (script, expected) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        let status = Command::new(LAB)
            .args(["in-sandbox", &description(script, scratch.path())])
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(expected), "{script}");
    }
}

#[test]
fn mounts_and_processes_die_with_the_one_who_wanted_them() {
    if !may_make_namespaces() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    // A number that no other sleep has.
    let marker = format!("98765.{}", std::process::id());
    let script = format!(
        "touch {0}/inside; (sleep {marker} &); echo ready; sleep {marker}",
        scratch.path().display()
    );
    let mut sandbox = Command::new(LAB)
        .args(["in-sandbox", &description(&script, scratch.path())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    sandbox
        .stdout
        .take()
        .unwrap()
        .read_exact(&mut ready)
        .unwrap();
    assert!(lives(&marker));
    assert!(!mounted(scratch.path()), "the mount is seen outside");
    assert!(
        !scratch.path().join("inside").exists(),
        "the file went through the mount"
    );
    // Not even a signal that cannot be handled leaves anything.
    let pid = Pid::from_raw(i32::try_from(sandbox.id()).unwrap());
    kill(pid, Signal::SIGKILL).unwrap();
    sandbox.wait().unwrap();
    let start = Instant::now();
    while lives(&marker) {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "a process outlived the sandbox"
        );
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!mounted(scratch.path()));
}
