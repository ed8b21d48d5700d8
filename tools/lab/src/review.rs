// SPDX-License-Identifier: GPL-2.0

//! Whether what the documentation says shows something is there: tests, guests, faults that are built in.
//!
//! They are named in the last column of tables, in parts between semicolons, in the way that
//! Documentation/locking/pwlocks-review.rst explains. What a part says in words, or in parentheses, is
//! not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::plan::{self, Amount};
use crate::debug_kernel::DebugKernel;
use crate::kernel_choice::Flavour;
use crate::matrix;
use crate::model;

/// The documents, from the project's folder.
const DOCUMENTS: [&str; 3] = [
    "Documentation/locking/pwlocks-review.rst",
    "Documentation/locking/pwlocks-model.rst",
    "Documentation/locking/pwlocks.rst",
];

const SELFTESTS: &str = "tools/testing/selftests/pwlocks";

/// Where paths begin that are meant from the project's folder. Others may be the kernel's.
const FOLDERS: [&str; 5] = ["rust/", "tools/", "scripts/", "bench/", "Documentation/"];

type Names = BTreeSet<String>;

/// What there is.
struct Known {
    /// Test programs, with their sources.
    programs: BTreeMap<String, String>,
    guests: Names,
    /// `make <target>`
    targets: Names,
    /// Kinds of names that follow a word of theirs.
    kinds: [(&'static str, Names); 4],
}

impl Known {
    fn new() -> Self {
        let sabotages = matrix::sabotages().into_iter();
        let sabotages = sabotages.filter_map(|one| one.guest.variant.sabotage);
        let cases = entries(&project(SELFTESTS).join("compile-fail")).into_iter();
        let cases = cases.filter(|path| path.extension().is_some_and(|end| end == "rs"));
        Self {
            programs: programs(),
            guests: guests(),
            targets: targets(),
            kinds: [
                ("compile-fail", cases.map(|path| stem(&path)).collect()),
                ("sabotage", sabotages.map(str::to_owned).collect()),
                ("search", model::searches().collect()),
                ("mutant", model::mutants().collect()),
            ],
        }
    }

    /// What `cell` names that there is not.
    fn missing(&self, cell: &str) -> Vec<String> {
        let literals = cell.split("``").skip(1).step_by(2);
        let mut missing: Vec<_> = literals
            .filter(|literal| !self.has_literal(literal))
            .map(|literal| format!("``{literal}``"))
            .collect();
        for part in without_parentheses(cell).split(';') {
            if let Some((before, tests)) = part.split_once("``: ") {
                let program = before.rsplit("``").next().unwrap_or_default();
                missing.extend(self.missing_tests(program, tests));
            }
            let list = part.rsplit(": ").next().unwrap_or_default().trim();
            missing.extend(self.missing_of_kinds(list));
        }
        missing
    }

    /// Of build options and C functions nothing is known.
    fn has_literal(&self, literal: &str) -> bool {
        let is_guest = match literal.split_once('*') {
            None => self.guests.contains(literal),
            Some((start, end)) => {
                let mut guests = self.guests.iter();
                guests.any(|guest| guest.starts_with(start) && guest.ends_with(end))
            }
        };
        literal.contains('=')
            || literal.ends_with("()")
            || is_guest
            || self.programs.contains_key(literal)
            || self.targets.contains(literal)
            || self.kinds.iter().any(|(_, names)| names.contains(literal))
    }

    /// Of `tests` those that `program`, if it is one, does not name.
    fn missing_tests(&self, program: &str, tests: &str) -> Vec<String> {
        let Some(source) = self.programs.get(program) else {
            return Vec::new();
        };
        let tests = tests.split(", ").map(str::trim);
        tests
            .filter(|test| !source.contains(test))
            .map(|test| format!("{program}: {test}"))
            .collect()
    }

    /// What is missing of a list that begins with the word for its kind.
    fn missing_of_kinds(&self, list: &str) -> Vec<String> {
        let of_kind = self.kinds.iter().find_map(|(word, names)| {
            let rest = list.strip_prefix(word)?;
            let rest = rest.strip_prefix('s').unwrap_or(rest).strip_prefix(' ')?;
            Some((word, names, rest))
        });
        let Some((word, names, rest)) = of_kind else {
            return Vec::new();
        };
        rest.split(", ")
            .map(|name| name.trim_matches('`'))
            .filter(|name| !names.contains(*name))
            .map(|name| format!("{word} {name}"))
            .collect()
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn programs() -> BTreeMap<String, String> {
    let programs = entries(&project(SELFTESTS).join("src/bin")).into_iter();
    programs.map(|path| (stem(&path), sources(&path))).collect()
}

/// What is in a file, or in all files of a folder, without comments.
fn sources(path: &Path) -> String {
    if path.is_dir() {
        let files = entries(path).into_iter();
        return files.map(|file| sources(&file)).collect();
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.split_inclusive('\n');
    code.filter(|line| !line.trim_start().starts_with("//"))
        .collect()
}

fn guests() -> Names {
    let stock = Flavour::ALL.into_iter().flat_map(matrix::guests);
    let debug = DebugKernel::ALL.into_iter().flat_map(matrix::debug_guests);
    let bench = Flavour::ALL
        .into_iter()
        .flat_map(|flavour| plan::measurements(flavour, Amount::Full))
        .map(|measurement| measurement.spec);
    let guests = stock.chain(debug).chain(bench);
    guests.map(|guest| guest.name).collect()
}

fn targets() -> Names {
    let makefile = fs::read_to_string(project("Makefile")).unwrap();
    let phony = makefile
        .lines()
        .filter_map(|line| line.strip_prefix(".PHONY: "));
    phony.map(|target| format!("make {target}")).collect()
}

/// The last cell of each row of the tables in `text`, its lines put together.
fn last_cells(text: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = None::<String>;
    for line in text.lines() {
        let next = line.strip_prefix("     - ");
        if line.starts_with("   * - ") {
            cells.extend(cell.replace(String::new()));
        } else if next.is_some() && cell.is_some() {
            cell = next.map(str::to_owned);
        } else if let (Some(more), Some(cell)) = (line.strip_prefix("       "), &mut cell) {
            *cell += " ";
            *cell += more;
        } else {
            cells.extend(cell.take());
        }
    }
    cells.extend(cell);
    cells
}

/// `cell` without what comes in parentheses after a word.
fn without_parentheses(cell: &str) -> String {
    let mut parts = cell.split(" (");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once(')').map_or("", |(_, after)| after));
    rest.fold(first, |text, part| text + part)
}

/// Paths of the project's in `text` at which there is nothing.
fn missing_paths(text: &str) -> Vec<&str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|one: char| !one.is_ascii_alphanumeric()))
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
        .filter(|word| !project(word).exists())
        .collect()
}

#[test]
fn what_is_named_is_there() {
    let known = Known::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(project(document)).unwrap();
        let cells = last_cells(&text);
        let missing = cells.iter().flat_map(|cell| known.missing(cell));
        assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "{document}");
        assert_eq!(missing_paths(&text), [""; 0], "{document}");
    }
}

#[test]
fn tables_are_read() {
    let text = fs::read_to_string(project(DOCUMENTS[0])).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("   * - "));
    let cells = last_cells(&text);
    assert_eq!(cells.len(), rows.count());
    assert!(cells.iter().any(|cell| cell == "none"));
    assert!(cells.iter().any(|cell| cell.contains("``flip-stretched``")));
    assert!(!cells.iter().any(String::is_empty));
}

#[test]
fn what_is_not_there_is_missing() {
    let known = Known::new();
    let all_there = "none; ``lock``: context (so, and so), migration; ``mode-*``, ``make check``; compile-fail \
                     owner_kept; for ``CONFIG_SMP=n``: sabotages ``address-before-pin``; mutants \
                     no-grace-period, work-switches; search live";
    assert_eq!(known.missing(all_there), [""; 0]);
    for (cell, missing) in [
        ("``locks``: context", "``locks``"),
        ("on ``modus-*``", "``modus-*``"),
        ("``make checks``", "``make checks``"),
        ("``lock``: context, content", "lock: content"),
        ("``flip`` (so); so: ``work``: deaf", "work: deaf"),
        (
            "compile-fail owner_kept, owner_left",
            "compile-fail owner_left",
        ),
        (
            "x: sabotages ``assert-this-cpu``, ``live``",
            "sabotage live",
        ),
        ("mutant owner_kept", "mutant owner_kept"),
        ("x; search lives", "search lives"),
    ] {
        assert_eq!(known.missing(cell), [missing]);
    }
    let paths = "Kbuild (tools/lab/src/review.rs), rust/mm/mm.rs. rust/mm/nn.rs; include/linux/local_lock.h";
    assert_eq!(missing_paths(paths), ["rust/mm/nn.rs"]);
}
