// SPDX-License-Identifier: GPL-2.0

//! Prints the figures of requests that make the kernel drain all CPUs, one line of JSON for each
//! kind of request. As root, on a machine with an isolated CPU; see [`selftests::triggers`].
//!
//! It says what is; whether that is as claimed is for the reader to judge.

use selftests::{
    ktap::{EXIT_SKIPPED, Trouble},
    triggers::{self, Role, Row},
};
use std::{env, ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let result = match Role::of_arguments(&arguments) {
        Ok(Some(role)) => role.play(),
        Ok(None) => triggers::run(print),
        Err(trouble) => Err(trouble),
    };

    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Skip(reason)) => {
            eprintln!("this can't be measured here: {reason}");
            ExitCode::from(EXIT_SKIPPED)
        }
        Err(Trouble::Fail(explanation)) => {
            eprintln!("{explanation}");
            ExitCode::FAILURE
        }
    }
}

fn print(row: &Row, switched_to: &[String]) {
    match serde_json::to_string(row) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("the figures can't be printed: {error}"),
    }
    if !switched_to.is_empty() {
        eprintln!(
            "{:?}: the loop was switched out for: {switched_to:?}",
            row.trigger
        );
    }
}
