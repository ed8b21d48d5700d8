// SPDX-License-Identifier: GPL-2.0

//! What an audit found, as build/audit.json has it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is said of a function.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing covers it: the audit has failed.
    Uncovered,
    /// Ours runs in its place.
    Replaced,
    /// Only replaced functions lead to it.
    Unreachable,
    /// It keeps running under the kernel's own lock.
    Locked,
    /// It keeps running and does no harm.
    Harmless,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Uncovered => "UNCOVERED",
            Self::Replaced => "replaced",
            Self::Unreachable => "unreachable",
            Self::Locked => "locked",
            Self::Harmless => "harmless",
        })
    }
}

/// A function that has to do with batches.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Judged {
    /// Its symbol; for an address in data, where that is.
    pub name: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// A structure that was compared.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// Whether it is as expected.
    pub ok: bool,
    /// What was compared, or what differs.
    pub reason: String,
}

/// The audit of one kernel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    /// `uname -r` of the kernel.
    pub release: String,
    /// `uname -v` of the kernel.
    pub version: String,
    /// Its build id, in hexadecimal.
    pub build_id: String,
    /// Whether everything is covered and as expected.
    pub ok: bool,
    /// The functions, the uncovered ones first.
    pub functions: Vec<Judged>,
    /// The structures.
    pub structs: Vec<Compared>,
}

impl Report {
    /// What is wrong, a line each.
    pub fn complaints(&self) -> Vec<String> {
        let functions = self.functions.iter();
        let uncovered = functions.filter(|function| function.verdict == Verdict::Uncovered);
        let different = self.structs.iter().filter(|compared| !compared.ok);
        uncovered
            .map(|function| format!("{}: {}", function.name, function.reason))
            .chain(
                different.map(|compared| format!("struct {}: {}", compared.name, compared.reason)),
            )
            .collect()
    }
}
