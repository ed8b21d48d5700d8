// SPDX-License-Identifier: GPL-2.0

//! Addresses of functions and batches in the kernel's data: tables of functions, exports, lists.

use std::ops::Range;

use crate::functions::Functions;
use crate::image::{Image, Section, extended};
use crate::kallsyms::Symbol;
use crate::relocations::Relocations;
use crate::text::in_batches;

/// An address in data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pointer {
    /// Where it is.
    pub at: u64,
    /// What it is.
    pub to: u64,
}

/// Sections that tell where instructions are, for unwinding, patching and reports. Nothing is called
/// through them.
const ABOUT_TEXT: [&str; 13] = [
    ".altinstructions",
    ".BTF",
    ".BTF_ids",
    ".call_sites",
    ".ibt_endbr_seal",
    ".orc_header",
    ".orc_unwind",
    ".orc_unwind_ip",
    ".retpoline_sites",
    ".return_sites",
    ".smp_locks",
    "__bug_table",
    "__ex_table",
];

/// The same inside of sections: between these symbols.
const ABOUT_TEXT_BETWEEN: [(&str, &str); 3] = [
    // Where the tracer may patch.
    ("__start_mcount_loc", "__stop_mcount_loc"),
    // Where probes may not be set.
    ("__start_kprobe_blacklist", "__stop_kprobe_blacklist"),
    // The symbols themselves.
    ("kallsyms_num_syms", "kallsyms_seqs_of_names"),
];

/// The section with the exports, whose entries are relative to their own place.
const EXPORTS: &str = "__ksymtab";

/// All addresses in data that lead to text or into `batches`.
pub fn find(
    image: &Image<'_>,
    symbols: &[Symbol],
    functions: &Functions,
    relocations: &Relocations,
    batches: &[Range<u64>],
) -> Vec<Pointer> {
    let mut found = Vec::new();
    let skipped: Vec<Range<u64>> = ABOUT_TEXT_BETWEEN
        .iter()
        .filter_map(|(from, to)| Some(address(symbols, from)?..address(symbols, to)?))
        .collect();
    let counts = |at: u64| {
        let section = image.section_at(at);
        section.is_some_and(is_data) && !skipped.iter().any(|range| range.contains(&at))
    };
    let leads = |to: u64| functions.at(to).is_some() || in_batches(to, batches).is_some();
    let of_64 = relocations.of_64.iter().filter_map(|&at| {
        let to = image.u64_at(at)?;
        Some(Pointer { at, to })
    });
    let of_32 = relocations.of_32.iter().filter_map(|&at| {
        let to = extended(image.u32_at(at)?);
        Some(Pointer { at, to })
    });
    let absolute = of_64.chain(of_32);
    found.extend(absolute.filter(|pointer| counts(pointer.at) && leads(pointer.to)));
    // Addresses relative to their own place need no relocation. What looks like one is one if it
    // leads to a function's first byte; into a batch it could only lead from an export.
    for section in image.sections.iter().filter(|section| is_data(section)) {
        for (number, bytes) in section.data.chunks_exact(4).enumerate() {
            let at = section.start + 4 * number as u64;
            let offset = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let to = at.wrapping_add_signed(offset.into());
            let entry = || functions.at(to).map(|number| functions.get(number));
            let hit = entry().is_some_and(|function| function.range.start == to)
                || section.name == EXPORTS && in_batches(to, batches).is_some();
            if hit && counts(at) {
                found.push(Pointer { at, to });
            }
        }
    }
    found
}

fn is_data(section: &Section<'_>) -> bool {
    !section.text && !ABOUT_TEXT.contains(&section.name.as_str())
}

fn address(symbols: &[Symbol], name: &str) -> Option<u64> {
    let symbol = symbols.iter().find(|symbol| symbol.name == name)?;
    Some(symbol.address)
}

/// What a pointer's place is called: section and symbol.
pub fn place(image: &Image<'_>, symbols: &[Symbol], at: u64) -> String {
    let section = image.section_at(at).map_or("?", |section| &section.name);
    let after = symbols.partition_point(|symbol| symbol.address <= at);
    match after.checked_sub(1).map(|before| &symbols[before]) {
        Some(symbol) => format!("{section}: {}", symbol.name),
        None => section.to_owned(),
    }
}
