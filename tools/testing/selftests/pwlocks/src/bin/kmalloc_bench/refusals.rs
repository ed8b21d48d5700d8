// SPDX-License-Identifier: GPL-2.0

//! Parameters that are refused, with a line in the log that helps.

use crate::load;
use nix::errno::Errno;
use selftests::{
    ensure,
    kmsg::Mark,
    ktap::{Trouble, Verdict},
    module::{self, Module},
};

/// Bad parameters, and what the line in the log has to say.
pub(crate) struct Refusal {
    pub(crate) params: &'static str,
    says: [&'static str; 2],
}

const fn refusal(params: &'static str, value: &'static str, accepted: &'static str) -> Refusal {
    Refusal {
        params,
        says: [value, accepted],
    }
}

/// What gets EINVAL from the module itself.
pub(crate) const INVALID: &[Refusal] = &[
    refusal("size=0", "size=0", "accepted: 1 to "),
    // KMALLOC_MAX_SIZE is at most 4 MiB on x86-64.
    refusal("size=4194305", "size=4194305", "accepted: 1 to "),
    refusal(
        "size=18446744073709551615",
        "size=18446744073709551615",
        "accepted: 1 to ",
    ),
    refusal("iterations=0", "iterations=0", "accepted: 1 or more"),
    refusal("rounds=0", "rounds=0", "accepted: 1 to "),
    refusal("rounds=4000000000", "rounds=4000000000", "accepted: 1 to "),
    refusal("nested=2", "nested=2", "accepted: 0, 1"),
    refusal(
        "pattern=zigzag",
        "pattern=\"zigzag\"",
        "accepted: batch, pair, mixed",
    ),
    refusal("pattern=", "pattern=\"\"", "accepted: batch, pair, mixed"),
];

/// EINVAL, one line that says what is accepted, and no module.
pub(crate) fn invalid(refusal: &Refusal) -> Verdict {
    let line = refused(refusal.params, Errno::EINVAL)?;

    for part in refusal.says {
        ensure!(line.contains(part), "the log says: {line}");
    }
    Ok(())
}

/// ENOMEM, and what the line says would fit does fit.
pub(crate) fn too_many(params: &str) -> Verdict {
    let line = refused(params, Errno::ENOMEM)?;
    let fits: u64 = line
        .split_once("iterations=")
        .and_then(|(_, rest)| rest.strip_suffix(" would fit")?.parse().ok())
        .ok_or_else(|| Trouble::fail(format!("does not say what would fit: {line}")))?;
    let size = params.split_once("size=").map_or("64", |(_, size)| size);

    ensure!(fits > 0, "the log says: {line}");
    // Small objects are too many to allocate them all for a test.
    if size == "65536" {
        load::run(&format!("iterations={fits} size={size} rounds=1"))?;
        return Ok(());
    }
    let line = refused(
        &format!("iterations={} size={size}", fits * 2),
        Errno::ENOMEM,
    )?;
    ensure!(line.contains("would fit"), "the log says: {line}");
    Ok(())
}

/// The only line that the module logs when it refuses `params` with `error`.
fn refused(params: &str, error: Errno) -> Result<String, Trouble> {
    let mut log = Mark::now()?;
    let result = Module::load(load::NAME, params).map(drop);

    ensure!(result == Err(error), "insmod {params}: {result:?}");
    ensure!(!module::is_loaded(load::NAME), "it is loaded all the same");
    let mut lines: Vec<_> = log
        .messages()?
        .into_iter()
        // The first load of a boot has the kernel complain of a module from elsewhere.
        .filter(|line| line.starts_with("kmalloc_bench: ") && !line.contains("taint"))
        .collect();
    match (lines.pop(), lines.is_empty()) {
        (Some(line), true) => Ok(line.trim().to_owned()),
        (last, _) => Err(format!("not one line in the log: {lines:?} {last:?}").into()),
    }
}
