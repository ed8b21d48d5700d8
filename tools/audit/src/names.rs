// SPDX-License-Identifier: GPL-2.0

//! The names that the module has of the kernel without their being exported.
//!
//! The module loader looks them up when the module is loaded, and refuses it if one is missing or
//! there more than once. That is too late to learn of it, and the wrong one of two functions would
//! be worse, so the audit does not pass such a kernel. It also holds the list of what is replaced
//! against these names: what the module can't name it does not replace.

use std::collections::BTreeSet;

use crate::coverage_of::Coverage;
use crate::declared::{self, Options};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::report::{Judged, Verdict};

/// The list, as the modules' build reads it.
pub const LIST: &str = include_str!("../../../rust/mm_swap_live/symbols");

/// What an option starts with that the modules' build sets if the kernel has the rest of it.
const HAVE: &str = "HAVE_";

/// Names of `coverage` that do not mean one symbol of the kernel, and replaced functions that are
/// not among them.
pub fn judge(kernel: &Kernel<'_>, coverage: &Coverage) -> Result<Vec<Judged>> {
    let options = Options::new("", options(kernel, &coverage.names)?);
    let names = declared::parse(&coverage.names, &options).map_err(Error::Names)?;
    let names: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    let uncovered = |name: &str, reason: String| Judged {
        name: name.to_owned(),
        verdict: Verdict::Uncovered,
        reason,
    };
    let mut judged = Vec::new();
    for name in &names {
        // Position 0 is that of the only one.
        let (symbol, position) = name.split_once(',').unwrap_or((name, "0"));
        let position = position.parse().unwrap_or(0);
        let count = kernel.count(symbol);
        if position == 0 && count != 1 || position > count {
            let reason =
                format!("the module refers to it, and the kernel has {count} of this name");
            judged.push(uncovered(symbol, reason));
        }
    }
    for replaced in &coverage.replaced {
        if !names.contains(replaced.name) {
            let reason = "it is to be replaced, and the module does not have its name";
            judged.push(uncovered(replaced.name, reason.to_owned()));
        }
    }
    Ok(judged)
}

/// Those options of the conditions in `list` that are set for this kernel.
fn options(kernel: &Kernel<'_>, list: &str) -> Result<Vec<String>> {
    let lines = list.lines().filter_map(|line| line.split('#').next());
    let words: BTreeSet<&str> = lines
        .flat_map(|line| line.split_whitespace().skip(1))
        .filter(|&word| word != "if")
        .map(|word| word.trim_start_matches('!'))
        .collect();
    let mut set = Vec::new();
    for option in words {
        let holds = match option.strip_prefix(HAVE) {
            Some(symbol) => kernel.count(symbol) > 0,
            None if option == "CONFIG_PREEMPT_RT" => kernel.identity.is_rt(),
            None => {
                let what = format!("the audit can't tell whether {option} is set");
                return Err(Error::Names(what));
            }
        };
        if holds {
            set.push(option.to_owned());
        }
    }
    Ok(set)
}
