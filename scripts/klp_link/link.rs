// SPDX-License-Identifier: GPL-2.0

//! Makes a livepatch module of a linked module, so that the loader resolves its `.klp.sym.` symbols.
//!
//! Documentation/livepatch/module-elf-format.rst in the kernel's source describes what comes out:
//! those symbols get the section index SHN_LIVEPATCH, and the relocations that refer to them move
//! to sections of their own, marked SHF_RELA_LIVEPATCH. kernel/module/main.c writes both kinds of
//! relocations, section by section, before it or anyone else looks at what they relocate. So they
//! may be in any section that is loaded, also in per-CPU data and in a table that the kernel reads
//! right after, like `__jump_table`. (Only symbols of other modules, which are resolved when that
//! module comes, would be too late for some of these. There are none here.)
//!
//! In sections that are not loaded, which are those with debug information, the loader writes no
//! relocation of any kind. There they stay, for the programs that read them.

use std::collections::{BTreeMap, BTreeSet};

use crate::elf::{
    Object, Section, SHF_ALLOC, SHF_INFO_LINK, SHF_RELA_LIVEPATCH, SHT_REL, SHT_RELA,
};
use crate::name::Name;
use crate::relocation::{self, Relocation};
use crate::symbols::{Symbol, Symbols};

/// What such sections are called, followed by the name of the section that is relocated. The
/// kernel reads the word before the second dot: relocate when "vmlinux" is there.
const SECTION_PREFIX: &str = ".klp.rela.vmlinux.";

/// Changes the module `file`, or gives back `None` if nothing is left to do.
///
/// It may use the symbols in `exported` and those of the kernel in `declared`, and has to use all
/// of the latter. An error says what is wrong.
pub(crate) fn link(
    file: &[u8],
    declared: &BTreeSet<Name>,
    exported: &BTreeSet<&str>,
) -> Result<Option<Vec<u8>>, String> {
    let mut object = Object::parse(file)?;
    let symbols = Symbols::read(&object)?;
    check_exported(&symbols, exported)?;
    let relocations = relocations(&object, &symbols)?;
    check_declared(&symbols, &relocations, declared)?;
    let marked = |symbol: &Symbol| matches!(symbol, Symbol::Marked(_));
    let is_changed = symbols.all.iter().any(marked)
        || (object.sections.iter()).any(|section| section.flags & SHF_RELA_LIVEPATCH != 0);
    let is_new = |symbol: &Symbol| matches!(symbol, Symbol::Unmarked(_));
    let to_change = symbols.all.iter().any(is_new);
    match (is_changed, to_change) {
        (_, false) => return Ok(None),
        (true, true) => return Err("is changed in part; link it again".into()),
        (false, true) => {}
    }
    check_modinfo(&object)?;
    symbols.mark(&mut object);
    move_relocations(&mut object, &symbols, &relocations)?;
    Ok(Some(object.to_bytes()))
}

/// The relocations that refer to the kernel's names, by the section that they are in now.
type Found = BTreeMap<usize, Vec<Relocation>>;

/// Finds the relocations that the loader is to write with the kernel's names.
fn relocations(object: &Object, symbols: &Symbols) -> Result<Found, String> {
    let mut found = Found::new();
    for (index, section) in (0..).zip(&object.sections) {
        if !matches!(section.kind, SHT_REL | SHT_RELA) {
            continue;
        }
        let name = object.name(section)?;
        let target = object.sections.get(section.info as usize);
        let target = target.ok_or_else(|| format!("section {name} relocates no section"))?;
        if target.flags & SHF_ALLOC == 0 {
            continue;
        }
        if section.link as usize != symbols.section {
            return Err(format!("section {name} has a symbol table of its own"));
        }
        let all = relocation::read(section).ok_or_else(|| format!("section {name} is broken"))?;
        for relocation in all {
            let symbol = symbols.all.get(relocation.symbol as usize);
            let symbol = symbol.ok_or_else(|| format!("section {name} refers to no symbol"))?;
            let Some(used) = symbol.name() else {
                continue;
            };
            relocation
                .check(section, target)
                .map_err(|what| format!("section {name}: reference to {used}: {what}"))?;
            found.entry(index).or_default().push(relocation);
        }
    }
    Ok(found)
}

/// Moves the relocations in `found` to sections of their own.
fn move_relocations(object: &mut Object, symbols: &Symbols, found: &Found) -> Result<(), String> {
    for (index, moved) in found {
        let section = &mut object.sections[*index];
        let stays = |relocation: &Relocation| {
            let symbol = &symbols.all[relocation.symbol as usize];
            symbol.name().is_none()
        };
        let mut left = relocation::read(section).unwrap_or_default();
        left.retain(stays);
        if left.is_empty() {
            // strip understands a second relocation section for a section, and renumbers symbols
            // in it, but only if there is something in the first one.
            left.push(Relocation::NONE);
        }
        section.set_content(left.iter().flat_map(Relocation::to_bytes).collect());
        let info = section.info;
        let target = &object.sections[info as usize];
        let name = format!("{SECTION_PREFIX}{}", object.name(target)?);
        let mut section = Section {
            kind: SHT_RELA,
            flags: SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH,
            link: symbols.section as u32,
            info,
            alignment: 8,
            entry_size: relocation::ENTRY_SIZE as u64,
            ..Section::default()
        };
        section.set_content(moved.iter().flat_map(Relocation::to_bytes).collect());
        object.add_section(&name, section)?;
    }
    Ok(())
}

/// Every symbol that is looked up among the exported ones has to be one.
fn check_exported(symbols: &Symbols, exported: &BTreeSet<&str>) -> Result<(), String> {
    let unknown = symbols.all.iter().filter_map(|symbol| match symbol {
        Symbol::Exported(name) if !exported.contains(name.as_str()) => Some(name),
        _ => None,
    });
    none(unknown, "nothing exports what it uses")
}

/// The kernel's names that are used have to be those that are declared.
fn check_declared(
    symbols: &Symbols,
    relocations: &Found,
    declared: &BTreeSet<Name>,
) -> Result<(), String> {
    let mentioned: BTreeSet<_> = symbols.all.iter().filter_map(Symbol::name).collect();
    let unknown = mentioned.iter().filter(|name| !declared.contains(name));
    none(unknown, "its list does not declare what it uses")?;
    let used: BTreeSet<_> = relocations
        .values()
        .flatten()
        .filter_map(|relocation| symbols.all[relocation.symbol as usize].name())
        .collect();
    let unused = declared.iter().filter(|name| !used.contains(name));
    none(unused, "its list declares what it does not use")
}

fn none<T: ToString>(names: impl Iterator<Item = T>, complaint: &str) -> Result<(), String> {
    let names: Vec<_> = names.map(|name| name.to_string()).collect();
    if names.is_empty() {
        Ok(())
    } else {
        Err(format!("{complaint}: {}", names.join(", ")))
    }
}

/// The loader keeps what livepatch needs only for a module that says it is one.
fn check_modinfo(object: &Object) -> Result<(), String> {
    for section in &object.sections {
        if object.name(section)? == ".modinfo" {
            let mut entries = section.content.split(|byte| *byte == 0);
            if entries.any(|entry| entry.starts_with(b"livepatch=")) {
                return Ok(());
            }
        }
    }
    Err("has no MODULE_INFO(livepatch, \"Y\")".into())
}
