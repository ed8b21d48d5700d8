// SPDX-License-Identifier: GPL-2.0

//! Says of every function that has to do with a batch whether it is covered, and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::Argued;
use crate::coverage_of::Coverage;
use crate::handed::{self, Uses};
use crate::image::extended;
use crate::kernel::{ENDBR, Evidence, Kernel};
use crate::pointers;
use crate::report::{Judged, Verdict};
use crate::text::{Reference, in_batches};

/// How many names a reason lists.
const NAMES: usize = 4;

/// Judges every function of `kernel`, uncovered ones first.
pub fn judge(kernel: &Kernel<'_>, evidence: &Evidence, coverage: &Coverage) -> Vec<Judged> {
    let mut judged = Vec::new();
    let replaced = replaced(kernel, coverage, &mut judged);
    let judge = Judge::new(kernel, evidence, coverage, replaced);
    for &number in &judge.listed {
        let (verdict, reason) = judge.verdict(number);
        judged.push(Judged {
            name: judge.name(number).to_owned(),
            verdict,
            reason,
        });
    }
    judged.extend(judge.in_data());
    judged.extend(judge.not_decoded());
    judged.sort();
    judged
}

/// The functions to replace, by number. What cannot be found is uncovered.
fn replaced(kernel: &Kernel<'_>, coverage: &Coverage, judged: &mut Vec<Judged>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for replaced in &coverage.replaced {
        let symbols = kernel.count(replaced.name);
        match kernel.functions.called(replaced.name)[..] {
            [number] if symbols == 1 => {
                found.insert(number);
            }
            _ => judged.push(Judged {
                name: replaced.name.to_owned(),
                verdict: Verdict::Uncovered,
                reason: format!(
                    "it is to be replaced, and the kernel has {symbols} symbols of this name"
                ),
            }),
        }
    }
    found
}

struct Judge<'a> {
    kernel: &'a Kernel<'a>,
    evidence: &'a Evidence,
    coverage: &'a Coverage,
    replaced: BTreeSet<usize>,
    /// Functions that refer to a batch.
    references: BTreeMap<usize, Vec<Reference>>,
    /// What is done with pointers to batches.
    uses: BTreeMap<usize, Uses>,
    /// Functions that are handed one.
    handed: BTreeSet<usize>,
    /// All functions that are judged.
    listed: BTreeSet<usize>,
    /// Those that nothing leads to any more.
    unreachable: BTreeSet<usize>,
}

impl<'a> Judge<'a> {
    fn new(
        kernel: &'a Kernel<'a>,
        evidence: &'a Evidence,
        coverage: &'a Coverage,
        replaced: BTreeSet<usize>,
    ) -> Self {
        let functions = &kernel.functions;
        let mut references: BTreeMap<usize, Vec<Reference>> = BTreeMap::new();
        for reference in &evidence.text.references {
            let of_function = references.entry(reference.function).or_default();
            of_function.push(*reference);
        }
        let any_batch = |number: usize| {
            let names = &functions.get(number).names;
            argued(&coverage.any_batch, names).is_some()
        };
        let uses = handed::follow(
            kernel,
            &evidence.batches,
            references.keys().copied(),
            &any_batch,
        );
        let handed = if coverage.helpers {
            handed::receivers(functions, &uses)
        } else {
            BTreeSet::new()
        };
        let ours = &replaced;
        let mut listed: BTreeSet<usize> = references.keys().copied().collect();
        listed.extend(ours);
        listed.extend(&handed);
        // Who calls such a helper may have a pointer from somewhere that was not seen.
        let helpers = handed.difference(ours).copied();
        for helper in helpers.filter(|&number| !any_batch(number)) {
            listed.extend(evidence.callers.of(helper));
        }
        for &number in ours {
            listed.extend(behind_entry(kernel, evidence, number));
        }
        Self {
            kernel,
            evidence,
            coverage,
            unreachable: evidence.callers.unreachable(&listed, ours),
            replaced,
            references,
            uses,
            handed,
            listed,
        }
    }

    fn verdict(&self, number: usize) -> (Verdict, String) {
        let names = &self.kernel.functions.get(number).names;
        if self.replaced.contains(&number) {
            return self.verdict_of_replaced(number);
        }
        if let Some(kept) = argued(&self.coverage.kept, names) {
            if self.coverage.locked {
                return (Verdict::Locked, kept.reason.to_owned());
            }
            return match self.writes(number) {
                None => (Verdict::Harmless, kept.reason.to_owned()),
                Some(what) => (
                    Verdict::Uncovered,
                    format!("it is listed as one that only reads, but it {what}"),
                ),
            };
        }
        if let Some(any) = argued(&self.coverage.any_batch, names) {
            return (Verdict::Harmless, any.reason.to_owned());
        }
        let callers = self.evidence.callers.of(number);
        if self.unreachable.contains(&number) {
            let callers = Vec::from_iter(callers.iter().map(|&number| self.name(number)));
            let callers = callers.join(", ");
            return (Verdict::Unreachable, format!("only called by {callers}"));
        }
        if let Some(reason) = self.only_names(number) {
            return (Verdict::Harmless, reason);
        }
        (Verdict::Uncovered, self.why_listed(number))
    }

    fn verdict_of_replaced(&self, number: usize) -> (Verdict, String) {
        if !self.kernel.is_traced(number) {
            let reason = "it is to be replaced, but has no entry for ftrace";
            return (Verdict::Uncovered, reason.to_owned());
        }
        let jumpers = behind_entry(self.kernel, self.evidence, number);
        let covered =
            |number: &usize| self.unreachable.contains(number) || self.replaced.contains(number);
        if let Some(&jumper) = jumpers.iter().find(|number| !covered(number)) {
            let reason = format!("{} enters it behind its ftrace entry", self.name(jumper));
            return (Verdict::Uncovered, reason);
        }
        let touches = match self.batches_of(number) {
            batches if batches.is_empty() => "ours runs instead".to_owned(),
            batches => format!("ours runs instead; the kernel's refers to {batches}"),
        };
        (Verdict::Replaced, touches)
    }

    /// Why a function may go on that does nothing with a pointer to a batch but to hand it to ours.
    fn only_names(&self, number: usize) -> Option<String> {
        let uses = self.uses.get(&number)?;
        let to: Option<BTreeSet<usize>> = uses
            .handed
            .keys()
            .map(|&to| self.kernel.functions.at(to))
            .collect();
        let ours = to.filter(|to| !to.is_empty() && to.is_subset(&self.replaced))?;
        let looks = uses.reads || uses.stores || uses.escapes || uses.handed_to_unknown;
        let (are, ours) = (if ours.len() == 1 { "is" } else { "are" }, self.names(ours));
        (!looks).then(|| format!("only tells {ours}, which {are} replaced, which batch to use"))
    }

    /// What a function does that is more than reading.
    fn writes(&self, number: usize) -> Option<&'static str> {
        let uses = self.uses.get(&number)?;
        if uses.stores {
            Some("stores into one")
        } else if uses.escapes {
            Some("keeps a pointer to one")
        } else if self.coverage.helpers && (uses.handed_to_unknown || !uses.handed.is_empty()) {
            Some("hands one on")
        } else {
            None
        }
    }

    /// Why a function that nothing covers has to do with batches, and how it is reached.
    fn why_listed(&self, number: usize) -> String {
        let mut reasons = Vec::new();
        if let Some(references) = self.references.get(&number) {
            let start = self.kernel.functions.get(number).range.start;
            let first = references
                .iter()
                .map(|reference| reference.at - start)
                .min();
            reasons.push(format!(
                "refers to {} (first at +{:#x})",
                self.batches_of(number),
                first.unwrap_or_default()
            ));
        }
        if self.handed.contains(&number) {
            let from = self.uses.iter().filter(|(_, uses)| {
                let mut to = uses.handed.keys();
                to.any(|&to| self.kernel.functions.at(to) == Some(number))
            });
            let from = from.map(|(&number, _)| number).collect();
            reasons.push(format!("is handed a batch by {}", self.names(from)));
        }
        let helpers = self.handed.iter().copied();
        let helpers = helpers.filter(|&helper| self.evidence.callers.of(helper).contains(&number));
        let helpers: BTreeSet<usize> = helpers.collect();
        if !helpers.is_empty() {
            let helpers = self.names(helpers);
            reasons.push(format!("calls {helpers}, which is handed a batch"));
        }
        let entered = self.replaced.iter().copied().filter(|&replaced| {
            behind_entry(self.kernel, self.evidence, replaced).contains(&number)
        });
        let entered: BTreeSet<usize> = entered.collect();
        if !entered.is_empty() {
            let entered = self.names(entered);
            reasons.push(format!("jumps into {entered} behind its ftrace entry"));
        }
        let callers = self.evidence.callers.of(number);
        let pointers = self.evidence.callers.pointers(number);
        if let Some(pointer) = pointers.first() {
            let place = pointers::place(&self.kernel.image, &self.kernel.symbols, pointer.at);
            reasons.push(format!("its address is in {place}"));
        }
        if !callers.is_empty() {
            reasons.push(format!("is called by {}", self.names(callers)));
        }
        reasons.join("; ")
    }

    /// Addresses of batches in data, from where anybody may take them.
    fn in_data(&self) -> impl Iterator<Item = Judged> {
        let pointers = self.evidence.pointers.iter();
        let hits =
            pointers.filter(|pointer| in_batches(pointer.to, &self.evidence.batches).is_some());
        hits.map(|pointer| Judged {
            name: pointers::place(&self.kernel.image, &self.kernel.symbols, pointer.at),
            verdict: Verdict::Uncovered,
            reason: format!("data with the address of {}", self.batch(pointer.to)),
        })
    }

    /// Addresses of batches in text, by the list of relocations, that no decoded instruction has.
    fn not_decoded(&self) -> impl Iterator<Item = Judged> {
        let kernel = self.kernel;
        let of_32 = kernel
            .relocations
            .of_32
            .iter()
            .filter_map(|&at| Some((at, extended(kernel.image.u32_at(at)?))));
        let of_64 = kernel.relocations.of_64.iter();
        let of_64 = of_64.filter_map(|&at| Some((at, kernel.image.u64_at(at)?)));
        let missed = of_32.chain(of_64).filter(|&(at, value)| {
            let references = &self.evidence.text.references;
            let mut spans = references
                .iter()
                .map(|found| found.at..found.at + found.length);
            in_batches(value, &self.evidence.batches).is_some()
                && kernel.functions.at(at).is_some()
                && !spans.any(|span| span.contains(&at))
        });
        missed.map(|(at, value)| Judged {
            name: kernel
                .functions
                .at(at)
                .map_or("", |number| self.name(number))
                .to_owned(),
            verdict: Verdict::Uncovered,
            reason: format!(
                "has the address of {} where nothing was decoded",
                self.batch(value)
            ),
        })
    }

    /// The batches that a function refers to.
    fn batches_of(&self, number: usize) -> String {
        let references = self.references.get(&number).into_iter().flatten();
        let batches = references.map(|reference| self.batch(reference.value));
        let batches: BTreeSet<_> = batches.collect();
        Vec::from_iter(batches).join(", ")
    }

    fn batch(&self, address: u64) -> &'static str {
        let mut batches = self.coverage.batches.iter().zip(&self.evidence.batches);
        let hit = batches.find(|(_, range)| range.contains(&address));
        hit.map_or("a batch", |(variable, _)| variable.name)
    }

    fn name(&self, number: usize) -> &str {
        self.kernel.functions.get(number).name()
    }

    fn names(&self, numbers: BTreeSet<usize>) -> String {
        let mut names: Vec<&str> = numbers.iter().map(|&number| self.name(number)).collect();
        let more = names.len().saturating_sub(NAMES);
        names.truncate(NAMES);
        match more {
            0 => names.join(", "),
            _ => format!("{} and {more} more", names.join(", ")),
        }
    }
}

/// The functions that enter the one with this number elsewhere than at its start, where a replaced
/// function would not notice. What the compiler split off comes back like this.
fn behind_entry(kernel: &Kernel<'_>, evidence: &Evidence, number: usize) -> BTreeSet<usize> {
    let start = kernel.functions.get(number).range.start;
    let edges = evidence.callers.edges(number).iter();
    let inside = edges.filter(|edge| edge.to != start && edge.to != start + ENDBR);
    inside.map(|edge| edge.from).collect()
}

fn argued<'a>(list: &'a [Argued], names: &[String]) -> Option<&'a Argued> {
    list.iter()
        .find(|argued| names.iter().any(|name| name == argued.name))
}
