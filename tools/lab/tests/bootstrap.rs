// SPDX-License-Identifier: GPL-2.0

//! scripts/bootstrap on machines that lack things, played by stand-ins for apt and dpkg.

use std::fs;
use std::process::{Command, Output};

use stand_ins::StandIns;

mod stand_ins;

const BOOTSTRAP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/bootstrap");

const MAKEFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Makefile");

/// What bootstrap may call beside the stand-ins.
const TOOLS: [&str; 10] = [
    "cat", "dirname", "env", "grep", "mktemp", "rm", "sed", "sh", "tail", "tr",
];

struct Machine(StandIns);

impl Machine {
    /// A machine on which nothing is installed, where apt knows a cargo of `candidate`.
    fn new(user: u32, candidate: &str) -> Self {
        let stand_ins = StandIns::new(&TOOLS);
        stand_ins.add("id", &format!("echo {user}"));
        stand_ins.add("dpkg", "echo amd64");
        stand_ins.add("dpkg-query", "exit 1");
        stand_ins.add("apt-cache", &format!("echo '  Candidate: {candidate}'"));
        stand_ins.add("apt-get", "echo \"$*\" >>\"$CALLS\"");
        Self(stand_ins)
    }

    fn stand_in(&self, name: &str, body: &str) {
        self.0.add(name, body);
    }

    fn run(&self, command: &str) -> Output {
        Command::new("/bin/sh")
            .args([BOOTSTRAP, command])
            .env_clear()
            .env("PATH", self.0.bin())
            .env("HOME", self.0.path("home"))
            .env("CALLS", self.0.path("calls"))
            .env("CARGO_TARGET_DIR", self.0.path("elsewhere"))
            .output()
            .unwrap()
    }

    fn apt_calls(&self) -> Vec<String> {
        self.0.noted("calls")
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_ordinary_user_is_told_the_exact_apt_line() {
    let machine = Machine::new(1000, "1.85.0+dfsg3-1");
    let output = machine.run("check");
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    let line = "apt-get install --no-install-recommends gcc libc6-dev ca-certificates mmdebstrap \
                debian-archive-keyring";
    assert!(errors.contains(line), "{errors}");
    assert_eq!(machine.apt_calls(), [""; 0]);
}

/// What the Makefile has tools/lab do.
fn commands() -> Vec<String> {
    let makefile = fs::read_to_string(MAKEFILE).unwrap();
    let recipes = makefile.lines();
    recipes
        .filter_map(|line| line.strip_prefix("\t@$(LAB) "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn whatever_needs_a_root_has_what_makes_one_installed() {
    // For whom `check-host` needs none.
    let machine = Machine::new(1000, "1.85.0+dfsg3-1");
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for command in &commands {
        let has_root = !["check-host", "distclean"].contains(&command.as_str());
        let errors = errors(&machine.run(command));
        assert!(errors.contains("gcc libc6-dev"), "{command}: {errors}");
        assert_eq!(
            errors.contains("mmdebstrap debian-archive-keyring"),
            has_root,
            "{command}: {errors}"
        );
    }
}

#[test]
fn root_gets_them_installed_and_is_told_which() {
    let machine = Machine::new(0, "1.85.0+dfsg3-1");
    machine.stand_in("cargo", "echo cargo 1.85.0; [ \"$1\" = --version ]");
    // The model's checker is in the root folder.
    let packages = "gcc libc6-dev ca-certificates mmdebstrap debian-archive-keyring";
    let output = machine.run("check-host");
    let errors = errors(&output);
    // The stand-in for cargo builds nothing.
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(
        errors.contains(&format!("missing: {packages}\n")),
        "{errors}"
    );
    let install = format!("install -y -q --no-install-recommends {packages}");
    assert_eq!(machine.apt_calls(), ["update -q", &install]);
}

#[test]
fn a_release_file_past_its_date_is_taken_and_that_is_said() {
    let machine = Machine::new(0, "1.85.0+dfsg3-1");
    machine.stand_in("cargo", "echo cargo 1.85.0; [ \"$1\" = --version ]");
    machine.stand_in(
        "apt-get",
        "echo \"$*\" >>\"$CALLS\"\n\
         case \"$*\" in *Valid-Until=false* | install*) exit 0 ;; esac\n\
         echo 'E: Release file is not valid anymore (invalid since 2d)'; exit 100",
    );
    let errors = errors(&machine.run("check-host"));
    assert!(errors.contains("past its date"), "{errors}");
    assert!(errors.contains("signatures are still checked"), "{errors}");
    assert_eq!(
        machine.apt_calls()[..2],
        ["update -q", "update -q -o Acquire::Check-Valid-Until=false"]
    );
}

#[test]
fn an_old_cargo_is_not_used() {
    let machine = Machine::new(1000, "0.66.0+ds1-1");
    machine.stand_in("cargo", "echo 'cargo 1.84.1 (66221abde 2024-11-19)'");
    let output = machine.run("check-host");
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert!(errors.contains("cargo 1.85 or newer is needed"), "{errors}");
}

#[test]
fn what_is_built_is_not_put_where_the_user_has_other_things_built() {
    let machine = Machine::new(0, "1.85.0+dfsg3-1");
    machine.stand_in(
        "cargo",
        "echo cargo 1.85.0\n\
         [ \"$1\" = --version ] || { echo \"target: ${CARGO_TARGET_DIR-unset}\" >>\"$CALLS\"; exit 1; }",
    );
    machine.run("check-host");
    assert_eq!(
        machine.apt_calls().last().map(String::as_str),
        Some("target: unset")
    );
}
