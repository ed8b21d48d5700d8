// SPDX-License-Identifier: GPL-2.0

//! `make rust-analyzer`: a rust-project.json with which editors understand the modules.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::kernels;
use crate::lab::Lab;
use crate::metadata::{Prepared, SOURCE, TREE};
use crate::modules::{OUTPUT, PROJECT, kbuild};
use crate::variant::Variant;

const FILE: &str = "rust-project.json";

/// Lines that make prints, for the progress bar.
const EXPECTED_LINES: u64 = 10;

/// The kernel's crates that those of the modules use.
const KERNEL_CRATES: [&str; 7] = [
    "core", "bindings", "ffi", "kernel", "macros", "pin_init", "uapi",
];

/// Writes rust-project.json into the project's folder.
///
/// The kernel's build system describes the kernel's crates, with the names that the sandbox sees.
/// They are replaced by the host's, and the crates of the modules are added.
pub fn run(lab: &Lab) -> Result<()> {
    let step = "rust-analyzer";
    let kernels = kernels::get(lab)?;
    let Some(kernel) = kernels.first() else {
        return Err(Failure::step(step, "no kernel to analyze the modules for"));
    };
    let output = tempfile::tempdir().during(step)?;
    let log = lab.project.log(step);
    let bar = lab.ui.step(step, Some(EXPECTED_LINES));
    let mut arguments = Variant::TESTED.make_arguments();
    arguments.push("rust-analyzer".into());
    let sandbox = kbuild(lab, kernel, output.path(), arguments)?;
    Job::new(step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    let text = fs::read_to_string(output.path().join(FILE)).during(step)?;
    let text = with_host_names(&text, lab, kernel);
    let mut description: Value = serde_json::from_str(&text).during(step)?;
    description["sysroot"] = json!(kernel.root.join("usr"));
    let roots = crate_roots(lab.project.folder()).during(step)?;
    add_crates(&mut description, &roots).during(step)?;
    let target = lab.project.folder().join(FILE);
    let text = serde_json::to_string_pretty(&description).during(step)?;
    fs::write(&target, text + "\n").during(step)?;
    bar.done("done");
    let release = &kernel.release.name;
    lab.ui
        .print(&format!("{}: for {release}", target.display()));
    Ok(())
}

fn with_host_names(text: &str, lab: &Lab, kernel: &Prepared) -> String {
    let names = [
        (PROJECT, lab.project.folder().to_owned()),
        (SOURCE, kernel.source.clone()),
        (TREE, kernel.tree()),
        (OUTPUT, lab.project.build()),
        ("/usr/lib/rustlib", kernel.root.join("usr/lib/rustlib")),
    ];
    names
        .into_iter()
        .fold(text.to_owned(), |text, (inside, outside)| {
            text.replace(inside, &outside.display().to_string())
        })
}

/// The modules' crates: `rust/<name>/<name>.rs`.
fn crate_roots(project: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut roots = Vec::new();
    for entry in fs::read_dir(project.join("rust"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let root = entry.path().join(format!("{name}.rs"));
        if root.exists() {
            roots.push((name, root));
        }
    }
    roots.sort();
    Ok(roots)
}

/// Adds crates that are compiled as the `kernel` crate is and use it and each other.
fn add_crates(
    description: &mut Value,
    roots: &[(String, PathBuf)],
) -> std::result::Result<(), String> {
    let crates = description["crates"]
        .as_array_mut()
        .ok_or("no list of crates")?;
    let position = |crates: &[Value], name: &str| {
        let found = crates
            .iter()
            .position(|known| known["display_name"] == name);
        found.ok_or_else(|| format!("the kernel describes no crate {name}"))
    };
    let mut used = Vec::new();
    for name in KERNEL_CRATES {
        used.push(json!({"crate": position(crates, name)?, "name": name}));
    }
    let template = crates[position(crates, "kernel")?].clone();
    let known: BTreeSet<_> = roots.iter().map(|(name, _)| name.as_str()).collect();
    // The abstraction comes first, for the others use it.
    let (first, rest): (Vec<_>, Vec<_>) = roots.iter().partition(|(name, _)| name == "pwlocks");
    for (name, root) in first.into_iter().chain(rest) {
        let mut deps = used.clone();
        if name != "pwlocks" && known.contains("pwlocks") {
            deps.push(json!({"crate": position(crates, "pwlocks")?, "name": "pwlocks"}));
        }
        let mut added = template.clone();
        added["display_name"] = json!(name);
        added["root_module"] = json!(root);
        added["is_workspace_member"] = json!(true);
        added["deps"] = Value::Array(deps);
        if let Some(fields) = added.as_object_mut() {
            fields.remove("source");
        }
        crates.push(added);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{KERNEL_CRATES, add_crates};

    fn description(names: &[&str]) -> Value {
        let crates: Vec<_> = names
            .iter()
            .map(|name| json!({"display_name": name, "root_module": "k.rs", "deps": [], "cfg": ["CONFIG_SMP"]}))
            .collect();
        json!({ "crates": crates })
    }

    #[test]
    fn the_modules_crates_use_the_kernels_and_the_abstraction() {
        let mut description = description(&KERNEL_CRATES);
        let roots = [
            (
                "kmalloc_bench".to_owned(),
                "/p/rust/kmalloc_bench/kmalloc_bench.rs".into(),
            ),
            ("pwlocks".to_owned(), "/p/rust/pwlocks/pwlocks.rs".into()),
        ];
        add_crates(&mut description, &roots).unwrap();
        let crates = description["crates"].as_array().unwrap();
        let abstraction = &crates[KERNEL_CRATES.len()];
        assert_eq!(abstraction["display_name"], "pwlocks");
        assert_eq!(abstraction["cfg"], json!(["CONFIG_SMP"]));
        let bench = &crates[KERNEL_CRATES.len() + 1];
        assert_eq!(
            bench["root_module"],
            "/p/rust/kmalloc_bench/kmalloc_bench.rs"
        );
        let last = bench["deps"].as_array().unwrap().last().unwrap();
        assert_eq!(
            *last,
            json!({"crate": KERNEL_CRATES.len(), "name": "pwlocks"})
        );
    }

    #[test]
    fn a_kernel_without_the_crates_is_refused() {
        let message = add_crates(&mut description(&["core"]), &[]).unwrap_err();
        assert!(message.contains("no crate bindings"), "{message}");
    }
}
