// SPDX-License-Identifier: GPL-2.0

//! Prints the demonstration's figures as one line of JSON. As root, on a machine with an isolated
//! CPU; see [`selftests::demonstration`].
//!
//! Exit status 1 if a figure contradicts what is claimed; the line is printed all the same.

use selftests::{
    demonstration,
    ktap::{EXIT_SKIPPED, Trouble},
};
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match demonstration::run() {
        Ok(outcome) => outcome,
        Err(Trouble::Skip(reason)) => {
            eprintln!("the demonstration can't run here: {reason}");
            return ExitCode::from(EXIT_SKIPPED);
        }
        Err(Trouble::Fail(explanation)) => {
            eprintln!("the demonstration failed: {explanation}");
            return ExitCode::FAILURE;
        }
    };
    match serde_json::to_string(&outcome.row) {
        Ok(line) => println!("{line}"),
        Err(error) => {
            eprintln!("the figures can't be printed: {error}");
            return ExitCode::FAILURE;
        }
    }
    let contradictions = outcome.row.contradictions();
    for contradiction in &contradictions {
        eprintln!("contradicts the claim: {contradiction}");
    }
    if contradictions.is_empty() {
        return ExitCode::SUCCESS;
    }
    for switch in outcome.switches() {
        eprintln!("{switch}");
    }
    ExitCode::FAILURE
}
