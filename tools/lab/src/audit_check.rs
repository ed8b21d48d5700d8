// SPDX-License-Identifier: GPL-2.0

//! That an audit of the real image notices what it must: one case per entry of the module's lists.

use std::collections::BTreeSet;
use std::fs;

use pwlocks_audit::boot_image;
use pwlocks_audit::coverage::{Layout, Member};
use pwlocks_audit::coverage_of::Coverage;
use pwlocks_audit::error::Result as AuditResult;
use pwlocks_audit::judge;
use pwlocks_audit::kernel::{Evidence, Kernel};
use pwlocks_audit::names;
use pwlocks_audit::report::{Judged, Verdict};
use pwlocks_audit::structs;

use crate::failure::{During, Result};
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::tally::Tally;

/// What may be missing from the lists: only __lru_add_drain_all() uses it, which is unreachable.
const REDUNDANT: [&str; 2] = ["lru_add_drain_per_cpu", "need_mlock_drain"];

/// Spoils the lists one entry at a time and audits `prepared` with each.
pub fn run(lab: &Lab, prepared: &Prepared) -> Result<Tally> {
    let step = format!("{}: audits that must fail", prepared.release.name);
    let bar = lab.ui.step(&step, None);
    let path = prepared.image();
    let bytes = fs::read(&path).during(format!("{step}: {}", path.display()))?;
    let mut tally = cases(&bytes).during(&step)?;
    for failure in &mut tally.failures {
        *failure = format!("{}: audit: {failure}", prepared.release.name);
    }
    bar.done(&tally.to_string());
    Ok(tally)
}

fn cases(image: &[u8]) -> AuditResult<Tally> {
    let kernel = boot_image::unpack(image)?;
    let kernel = Kernel::parse(&kernel)?;
    let coverage = Coverage::of(&kernel);
    let evidence = kernel.evidence(&coverage.batches)?;
    let mut tally = Tally::default();
    functions(&kernel, &evidence, &coverage, &mut tally);
    names(&kernel, &coverage, &mut tally)?;
    structures(&kernel, &coverage, &mut tally);
    Ok(tally)
}

/// A name that the kernel lacks must be noticed, and one that it has twice, and for each function
/// that is replaced that the module does not have its name.
fn names(kernel: &Kernel<'_>, coverage: &Coverage, tally: &mut Tally) -> AuditResult<()> {
    let mut all = BTreeSet::new();
    let mut symbols = kernel.symbols.iter().map(|symbol| symbol.name.as_str());
    let twice = symbols.find(|name| !all.insert(*name));
    let mut cases: Vec<(String, &str)> = ["no_kernel_has_this", twice.unwrap_or_default()]
        .map(|name| (format!("{}\n{name}\n", coverage.names), name))
        .into();
    for replaced in &coverage.replaced {
        let line = |line: &&str| line.split_whitespace().next() != Some(replaced.name);
        let lines: Vec<&str> = coverage.names.lines().filter(line).collect();
        cases.push((lines.join("\n"), replaced.name));
    }
    for (names, name) in cases {
        let mut spoilt = coverage.clone();
        spoilt.names = names;
        let judged = names::judge(kernel, &spoilt)?;
        if judged.iter().any(|judged| judged.name == name) {
            tally.passed += 1;
        } else {
            tally.fail(format!(
                "{name} in, or out of, the list of names: unnoticed"
            ));
        }
    }
    Ok(())
}

/// Each function that is taken out of its list must be missed.
fn functions(kernel: &Kernel<'_>, evidence: &Evidence, coverage: &Coverage, tally: &mut Tally) {
    let judged = judge::judge(kernel, evidence, coverage);
    let listed = |name: &str| judged.iter().any(|judged| judged.name == name);
    let replaced = coverage.replaced.iter().map(|replaced| replaced.name);
    // Whether a function that is argued has to do with batches depends on what the compiler inlined
    // into it. The helpers always do.
    let kept = coverage.kept.iter().map(|kept| kept.name);
    let kept = kept.filter(|name| listed(name) && !REDUNDANT.contains(name));
    let any_batch = coverage.any_batch.iter().map(|any| any.name);
    let any_batch = any_batch.filter(|name| kernel.count(name) > 0);
    for name in replaced.chain(kept).chain(any_batch) {
        let mut less = coverage.clone();
        less.replaced.retain(|other| other.name != name);
        less.kept.retain(|other| other.name != name);
        less.any_batch.retain(|other| other.name != name);
        let judged = judge::judge(kernel, evidence, &less);
        if judged.iter().any(|judged| complains_of(judged, name)) {
            tally.passed += 1;
        } else {
            tally.fail(format!("{name} was taken out of its list and not missed"));
        }
    }
}

/// Whether `judged` is a complaint that has this name.
fn complains_of(judged: &Judged, name: &str) -> bool {
    let words = |text: &str| {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
        words.any(|word| word == name)
    };
    judged.verdict == Verdict::Uncovered && (words(&judged.name) || words(&judged.reason))
}

/// Each size and each offset that is expected wrongly must be noticed, with structure and member.
fn structures(kernel: &Kernel<'_>, coverage: &Coverage, tally: &mut Tally) {
    let mut case = |layout: Layout, part: &str| {
        let compared = structs::compare(&kernel.types, &[layout]);
        let noticed = compared
            .iter()
            .any(|compared| !compared.ok && compared.reason.contains(part));
        if noticed {
            tally.passed += 1;
        } else {
            let name = layout.name;
            tally.fail(format!(
                "struct {name}: {part} was expected wrongly, unnoticed"
            ));
        }
    };
    for layout in &coverage.layout {
        if let Some(size) = layout.size {
            let wrong = Layout {
                size: Some(size + 1),
                ..*layout
            };
            case(wrong, "bytes, expected");
        }
        for member in layout.members {
            let moved = Member {
                offset: member.offset + 1,
                ..*member
            };
            let grown = Member {
                size: member.size + 1,
                ..*member
            };
            for wrong in [moved, grown] {
                let members = Vec::from([wrong]).leak();
                case(Layout { members, ..*layout }, member.path);
            }
        }
    }
}
