// SPDX-License-Identifier: GPL-2.0

//! Builds that Kbuild must refuse, with a line that says why: one test each.

use std::fs;

use crate::failure::{During, Result};
use crate::job::Job;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::modules::kbuild;
use crate::tally::Tally;

/// What is given to make, and what Kbuild must say.
const CASES: [(&str, &str); 7] = [
    ("CONFIG_SMP=n", "pwlocks needs a kernel with CONFIG_SMP=y"),
    ("CONFIG_RUST=n", "pwlocks needs a kernel with CONFIG_RUST=y"),
    (
        "CONFIG_DEBUG_FS=n",
        "pwlocks needs a kernel with CONFIG_DEBUG_FS=y",
    ),
    // A stock kernel has no KUnit.
    (
        "CONFIG_PWLOCKS_KUNIT=y",
        "CONFIG_PWLOCKS_KUNIT=y needs a kernel with CONFIG_KUNIT=y",
    ),
    ("SABOTAGE=none-such", "SABOTAGE=none-such is unknown"),
    ("ALTERNATIVE=none-such", "ALTERNATIVE=none-such is unknown"),
    (
        "AUDITED=/none/such.h",
        "AUDITED=/none/such.h does not exist; `make audit KERNEL=",
    ),
];

/// Has Kbuild try them all for `kernel`.
pub fn run(lab: &Lab, kernel: &Prepared) -> Result<Tally> {
    let step = format!("{}: builds that must be refused", kernel.release.name);
    let bar = lab.ui.step(&step, None);
    let mut tally = Tally::default();
    for (argument, line) in CASES {
        let log = lab.project.log("refused-build");
        let output = tempfile::tempdir().during(&step)?;
        let arguments = [argument, "modules"].map(str::to_owned);
        let sandbox = kbuild(lab, kernel, output.path(), arguments)?;
        lab.ui.command(&sandbox.display());
        let status =
            Job::new(&step, &log).supervise(&lab.interrupt, sandbox.command()?, |_, _| {})?;
        let text = fs::read(&log).during(&step)?;
        match judge(status.success(), line, &String::from_utf8_lossy(&text)) {
            Ok(()) => tally.passed += 1,
            Err(cause) => tally.fail(format!("make {argument}: {cause}")),
        }
        output.close().during(&step)?;
    }
    bar.done(&tally.to_string());
    Ok(tally)
}

fn judge(success: bool, line: &str, log: &str) -> std::result::Result<(), String> {
    if success {
        return Err("was not refused".into());
    }
    if log.lines().any(|other| other.contains(line)) {
        return Ok(());
    }
    Err(format!("no \"{line}\" in what it says: {log}"))
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_build_must_fail_for_its_own_reason() {
        let log = "make: Entering\nKbuild:17: *** no SMP.  Stop.\n";
        assert_eq!(judge(false, "no SMP", log), Ok(()));
        assert!(judge(true, "no SMP", log).is_err());
        assert!(judge(false, "no Rust", log).is_err());
    }
}
