// SPDX-License-Identifier: GPL-2.0

//! Takes the functions that share a pass out of rust/mm/drain.rs, for src/drain.rs to include.
//!
//! The rest of that file is about workqueues, hotplug and allocation, which are the model's business.

use std::{env, fs, path::Path};

const SOURCE: &str = "../../../rust/mm/drain.rs";

const FUNCTIONS: [&str; 2] = ["all", "begin_generation"];

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let source = fs::read_to_string(SOURCE).unwrap_or_else(|error| panic!("{SOURCE}: {error}"));
    let functions: Vec<_> = FUNCTIONS.iter().map(|name| method(&source, name)).collect();
    let text = format!("impl Drain {{\n{}}}\n", functions.concat());
    let folder = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&folder).join("pass.rs"), text).expect("cargo's folder");
}

/// The method called `name`, as rustfmt lays it out.
fn method(source: &str, name: &str) -> String {
    let start = ["    pub(crate) fn ", "    fn "]
        .iter()
        .find_map(|head| source.find(&format!("\n{head}{name}(")))
        .unwrap_or_else(|| panic!("{SOURCE} has no method {name}()"));
    let rest = &source[start + 1..];
    let end = rest.find("\n    }\n").expect("a method ends");
    format!("{}\n    }}\n", &rest[..end])
}
