// SPDX-License-Identifier: GPL-2.0

//! What the programs are called with, and how they end.

use super::{Missing, remark};
use crate::{
    ktap::{EXIT_SKIPPED, Trouble},
    triggers::Role,
};
use std::{env, ffi::OsString, process::ExitCode};

/// What a program does: it measures, and says what it could not.
pub type Program = fn() -> Result<Missing, Trouble>;

/// Does it, or what a process is there for that the program has started itself.
pub fn run(program: Program) -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();

    match Role::of_arguments(&arguments) {
        Ok(Some(role)) => ended(role.play().map(|()| true)),
        Ok(None) => ended(program().map(|missing| missing.is_nothing())),
        Err(trouble) => ended(Err(trouble)),
    }
}

/// The exit status, with `Ok(true)` if all was done.
fn ended(result: Result<bool, Trouble>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(Trouble::Skip(reason)) => {
            remark(format_args!("this can't be measured here: {reason}"));
            ExitCode::from(EXIT_SKIPPED)
        }
        Err(Trouble::Fail(explanation)) => {
            remark(format_args!("it went wrong: {explanation}"));
            ExitCode::FAILURE
        }
    }
}
