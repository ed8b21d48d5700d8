// SPDX-License-Identifier: GPL-2.0

//! Holds the mirror and the C header equal, with the C compiler as the judge.

use super::uapi::{CONSTANTS, layouts};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
};

const PREFIX: &str = "MM_SWAP_DEMO_";
const INCLUDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../include/uapi");

/// Compiles a C program that includes the header; what the compiler wrote, or its complaints.
fn compile(options: &[&str], body: &str) -> Result<String, String> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let source = format!("#include <linux/mm_swap_demo.h>\n#include <stddef.h>\n{body}");
    let mut child = Command::new(&compiler)
        .args(["-I", INCLUDE, "-x", "c", "-Wall", "-Werror", "-"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't run the C compiler {compiler}: {error}"));

    let mut input = child.stdin.take().expect("piped above");
    input.write_all(source.as_bytes()).expect("compiler reads");
    drop(input);
    let output = child.wait_with_output().expect("compiler ends");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn assertion(text: &mut String, condition: &str) {
    writeln!(text, "_Static_assert({condition}, \"{condition}\");").expect("a String");
}

#[test]
fn values_sizes_and_offsets_are_those_of_c() {
    let mut body = String::new();

    for (name, value) in CONSTANTS {
        assertion(&mut body, &format!("{PREFIX}{name} == {value}LL"));
    }
    for layout in layouts() {
        let of = format!("struct {}", layout.name);
        assertion(&mut body, &format!("sizeof({of}) == {}", layout.size));
        for (field, offset, size) in layout.fields {
            assertion(&mut body, &format!("offsetof({of}, {field}) == {offset}"));
            let field = format!("sizeof((({of} *)0)->{field}) == {size}");
            assertion(&mut body, &field);
        }
    }
    if let Err(complaints) = compile(&["-fsyntax-only"], &body) {
        panic!("the mirror differs from the header:\n{complaints}");
    }
}

#[test]
fn no_name_of_the_header_is_missing() {
    let macros = compile(&["-E", "-dM"], "").expect("the header alone compiles");
    let in_header: BTreeSet<_> = macros
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_whitespace().next())
        .filter_map(|name| name.strip_prefix(PREFIX))
        .collect();
    let mirrored = CONSTANTS.iter().map(|&(name, _)| name).collect();

    assert_eq!(in_header, mirrored);
}

#[test]
fn no_structure_of_the_header_is_missing() {
    let text = std::fs::read_to_string(format!("{INCLUDE}/linux/mm_swap_demo.h"))
        .expect("the header is there");
    let in_header: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("struct ")?.strip_suffix(" {"))
        .collect();
    let mirrored = layouts().iter().map(|layout| layout.name).collect();

    assert_eq!(in_header, mirrored);
}

#[test]
fn the_compiler_can_refuse() {
    let mut body = String::new();

    assertion(&mut body, "MM_SWAP_DEMO_BATCH_SIZE == 32");
    compile(&["-fsyntax-only"], &body).expect_err("31 is not 32");
}
