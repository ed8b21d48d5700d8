// SPDX-License-Identifier: GPL-2.0

//! Object files for tests, made by the compiler, which is there on every host of this.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Assembles `text` to `path`.
pub fn object(text: &str, path: &Path) {
    assemble(text, path, &[]);
}

/// The same with what a debugger reads.
pub fn with_debug_info(text: &str, path: &Path) {
    assemble(text, path, &["-g"]);
}

fn assemble(text: &str, path: &Path, options: &[&str]) {
    let mut command = Command::new("gcc");
    command.args(options).args(["-c", "-x", "assembler", "-o"]);
    command.arg(path).arg("-").stdin(Stdio::piped());
    let mut compiler = command.spawn().unwrap();
    let mut input = compiler.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    assert!(compiler.wait().unwrap().success());
}
