// SPDX-License-Identifier: GPL-2.0

//! The list of programs that a guest runs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where the plan lies in the guest's initramfs.
pub const PLAN_FILE: &str = "/plan.json";

/// Directory of the modules under test in the guest.
pub const MODULES_DIR: &str = "/lib/pwlocks";

/// Directory of the test programs in the guest.
pub const PROGRAMS_DIR: &str = "/usr/libexec/pwlocks";

/// Directory of the kernel's own mm selftests in a guest that has them.
pub const MM_SELFTESTS_DIR: &str = "/usr/libexec/mm-selftests";

/// Everything a guest does between its boot and its power-off.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    /// The programs, in the order they run.
    pub steps: Vec<PlanStep>,
    /// Give the console to a shell instead of running the steps.
    #[serde(default)]
    pub interactive: bool,
}

impl Plan {
    /// Whether the program `name` of [`PROGRAMS_DIR`] is called for: each is by an interactive user.
    pub fn calls_for(&self, name: &str) -> bool {
        let is_it = |step: &PlanStep| {
            let path = step.argv.first().map(Path::new);
            path.is_some_and(|path| path == Path::new(PROGRAMS_DIR).join(name))
        };

        self.interactive || self.steps.iter().any(is_it)
    }
}

/// One program of a [`Plan`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PlanStep {
    /// Name used in the result's frame lines; has no spaces.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Environment beside what every step gets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Seconds after which the program is killed.
    pub timeout_s: u64,
}
