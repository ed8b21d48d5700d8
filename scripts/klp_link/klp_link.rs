// SPDX-License-Identifier: GPL-2.0

//! Gives a module access to names of the kernel that are not exported, by the format of livepatch
//! modules.
//!
//! A source names such a symbol `.klp.sym.vmlinux.<symbol>,<position>`: Rust by
//! `#[link_name = "…"]`, C by `asm("\"…\"")` with the inner quotes, as the assembler would take the
//! comma for the end of the name. A list says which names a module may use. `klp_link symvers`
//! makes of it what lets modpost find them defined, and `klp_link link` changes the linked module
//! so that the kernel's loader asks livepatch for them. The loader refuses a module if a name is
//! missing in the kernel, or is there more than once and the position does not say which is meant.
//!
//! Kbuild builds this program with nothing but a Rust compiler; see the Makefile beside it.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::declared::Options;

mod bytes;
mod declared;
mod elf;
mod link;
mod name;
mod relocation;
mod symbols;
mod symvers;
#[cfg(test)]
mod tests;

const USAGE: &str = "usage: klp_link symvers LIST AUTO_CONF [OPTION...]
       klp_link link MODULE DECLARED_SYMVERS [SYMVERS...]";

fn main() -> ExitCode {
    let arguments: Option<Vec<String>> = env::args_os()
        .skip(1)
        .map(|argument| OsString::into_string(argument).ok())
        .collect();
    match run(&arguments.unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [command, list, auto_conf, options @ ..] if command == "symvers" => {
            print!(
                "{}",
                make_symvers(list.as_ref(), auto_conf.as_ref(), options)?
            );
            Ok(())
        }
        [command, module, declared, symvers @ ..] if command == "link" => {
            link_module(module.as_ref(), declared.as_ref(), symvers)
        }
        _ => Err(USAGE.into()),
    }
}

fn explain(path: &Path, what: impl std::fmt::Display) -> String {
    format!("klp_link: {}: {what}", path.display())
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| explain(path, error))
}

/// Modpost's view of the names that are declared in `list` for this configuration.
fn make_symvers(list: &Path, auto_conf: &Path, options: &[String]) -> Result<String, String> {
    let options = Options::new(&read_text(auto_conf)?, options.iter().cloned());
    let names = declared::parse(&read_text(list)?, &options)
        .map_err(|what| format!("klp_link: {}:{what}", list.display()))?;
    Ok(symvers::of_names(&names))
}

/// Changes the file `module` in place; if that is not possible, it stays as it is.
fn link_module(module: &Path, declared: &Path, symvers: &[String]) -> Result<(), String> {
    let names = symvers::names(&read_text(declared)?).map_err(|what| explain(declared, what))?;
    let texts: Result<Vec<_>, String> = symvers
        .iter()
        .map(|path| Ok((path, read_text(path.as_ref())?)))
        .collect();
    let texts = texts?;
    let mut exported = BTreeSet::new();
    for (path, text) in &texts {
        let symbols = symvers::symbols(text).map_err(|what| format!("klp_link: {path}:{what}"))?;
        exported.extend(symbols);
    }
    let file = fs::read(module).map_err(|error| explain(module, error))?;
    match link::link(&file, &names, &exported).map_err(|what| explain(module, what))? {
        Some(changed) => replace(module, &changed).map_err(|error| explain(module, error)),
        None => Ok(()),
    }
}

/// Replaces a file at once, so that there never is half a module.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let temporary = temporary(path);
    let replaced = fs::write(&temporary, content)
        .and_then(|()| fs::set_permissions(&temporary, fs::metadata(path)?.permissions()))
        .and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // What went wrong is told; that this file may be left over is not worth a second message.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// A name beside `path` that Kbuild's clean takes away.
fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(".tmp_");
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}
