// SPDX-License-Identifier: GPL-2.0

//! The change to a module.

use std::collections::BTreeSet;

use super::module::{
    Module,
    ALLOC,
    GLOBAL,
    LIVEPATCH,
    PROGBITS,
    REL,
    RELA,
    UNDEFINED,
    WEAK, //
};
use crate::elf::{Object, Section};
use crate::link::link;
use crate::name::Name;

const DRAIN: &str = ".klp.sym.vmlinux.lru_add_drain_cpu,0";
const BATCHES: &str = ".klp.sym.vmlinux.cpu_fbatches,0";

/// Relocation types.
const R_64: u32 = 1;
const R_PC32: u32 = 2;
const R_PLT32: u32 = 4;
const R_GOTPCREL: u32 = 9;
const R_32: u32 = 10;
const R_32S: u32 = 11;

/// Names as a list has them.
pub(super) fn names(list: &[&str]) -> BTreeSet<Name> {
    list.iter().map(|name| Name::parse(name).unwrap()).collect()
}

/// Changes `file`, which may use what [`example`] does.
pub(super) fn link_example(file: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let declared = names(&["lru_add_drain_cpu", "cpu_fbatches"]);
    link(file, &declared, &BTreeSet::from(["_printk"]))
}

/// A module that uses two of the kernel's names, one of them in debug information too.
pub(super) fn example() -> Module {
    let mut module = Module::new();
    let text = module.section(".text", PROGBITS, ALLOC | 4, &[0; 32]);
    let data = module.section(".data", PROGBITS, ALLOC | 1, &[0; 8]);
    let debug = module.section(".debug_info", PROGBITS, 0, &[0; 8]);
    let drain = module.symbol(DRAIN, GLOBAL, UNDEFINED);
    let printk = module.symbol("_printk", GLOBAL, UNDEFINED);
    let batches = module.symbol(BATCHES, GLOBAL, UNDEFINED);
    module.symbol("table", GLOBAL, data as u16);
    module.symbol("may_be_missing", WEAK, UNDEFINED);
    let in_text = [
        (1, drain, R_PLT32, -4),
        (6, printk, R_PLT32, -4),
        (11, batches, R_32S, 8),
        (16, batches, R_PC32, -4),
    ];
    module.relocations(".rela.text", text, &in_text);
    module.relocations(".rela.data", data, &[(0, drain, R_64, 0)]);
    module.relocations(".rela.debug_info", debug, &[(0, batches, R_64, 0)]);
    module
}

/// A module that refers to `symbol` once, in a section with `content`.
fn one_reference(symbol: (&str, u8, u16), content: &[u8], offset: u64, kind: u32) -> Module {
    let mut module = Module::new();
    let text = module.section(".text", PROGBITS, ALLOC, content);
    let (name, info, section) = symbol;
    let symbol = module.symbol(name, info, section);
    module.relocations(".rela.text", text, &[(offset, symbol, kind, 0)]);
    module
}

fn refusal(module: &Module) -> String {
    link(
        &module.file(),
        &names(&["lru_add_drain_cpu"]),
        &BTreeSet::new(),
    )
    .unwrap_err()
}

fn section<'a>(object: &'a Object, name: &str) -> (u32, &'a Section) {
    let mut sections = (0..).zip(&object.sections);
    sections
        .find(|(_, section)| object.name(section).unwrap() == name)
        .unwrap_or_else(|| panic!("no section {name}"))
}

/// Offset, type, symbol and addend of the relocations in `section`.
fn relocations(section: &Section) -> Vec<(u64, u32, u32, i64)> {
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let entries = section.content.chunks_exact(24);
    entries
        .map(|entry| {
            let info = number(&entry[8..16]);
            let addend = number(&entry[16..24]) as i64;
            (
                number(&entry[..8]),
                info as u32,
                (info >> 32) as u32,
                addend,
            )
        })
        .collect()
}

#[test]
fn a_file_is_put_together_as_it_was() {
    let file = example().file();
    assert_eq!(Object::parse(&file).unwrap().to_bytes(), file);
}

#[test]
fn relocations_move_to_sections_of_their_own() {
    let file = example().file();
    let before = Object::parse(&file).unwrap();
    let after = Object::parse(&link_example(&file).unwrap().unwrap()).unwrap();
    for (name, moved) in [
        (
            ".text",
            &[(1, R_PLT32, 1, -4), (11, R_32S, 3, 8), (16, R_PC32, 3, -4)][..],
        ),
        (".data", &[(0, R_64, 1, 0)]),
    ] {
        let (_, new) = section(&after, &format!(".klp.rela.vmlinux.{name}"));
        let (target, _) = section(&after, name);
        assert_eq!(relocations(new), moved);
        assert_eq!((new.kind, new.entry_size, new.alignment), (RELA, 24, 8));
        assert_eq!(new.flags, ALLOC | 0x40 | 0x0010_0000);
        assert_eq!((new.link, new.info), (Module::SYMTAB, target));
    }
    assert_eq!(after.sections.len(), before.sections.len() + 2);
    let left = relocations(section(&after, ".rela.text").1);
    assert_eq!(left, [(6, R_PLT32, 2, -4)]);
}

#[test]
fn no_relocation_section_becomes_empty() {
    let after = link_example(&example().file()).unwrap().unwrap();
    let after = Object::parse(&after).unwrap();
    let left = relocations(section(&after, ".rela.data").1);
    assert_eq!(left, [(0, 0, 0, 0)]);
}

#[test]
fn only_symbols_for_livepatch_are_marked() {
    let file = example().file();
    let before = Object::parse(&file).unwrap();
    let after = Object::parse(&link_example(&file).unwrap().unwrap()).unwrap();
    let mut expected = section(&before, ".symtab").1.content.clone();
    for index in [1, 3] {
        expected[24 * index + 6..24 * index + 8].copy_from_slice(&LIVEPATCH.to_le_bytes());
    }
    assert_eq!(section(&after, ".symtab").1.content, expected);
}

#[test]
fn what_is_not_loaded_stays_as_it_is() {
    let file = example().file();
    let before = Object::parse(&file).unwrap();
    let after = Object::parse(&link_example(&file).unwrap().unwrap()).unwrap();
    for name in [".text", ".modinfo", ".debug_info", ".rela.debug_info"] {
        assert_eq!(section(&before, name), section(&after, name));
    }
}

#[test]
fn a_changed_module_is_not_changed_again() {
    let once = link_example(&example().file()).unwrap().unwrap();
    assert_eq!(link_example(&once), Ok(None));
}

#[test]
fn a_changed_module_still_has_to_match_its_list() {
    let once = link_example(&example().file()).unwrap().unwrap();
    let what = link(
        &once,
        &names(&["cpu_fbatches"]),
        &BTreeSet::from(["_printk"]),
    );
    let what = what.unwrap_err();
    assert!(what.contains("does not declare what it uses: lru_add_drain_cpu"));
}

#[test]
fn a_module_without_such_names_is_left_alone() {
    let file = Module::new().file();
    assert_eq!(link(&file, &BTreeSet::new(), &BTreeSet::new()), Ok(None));
}

#[test]
fn every_name_has_to_be_known() {
    let file = example().file();
    let exported = BTreeSet::from(["_printk"]);
    for (declared, exported, what) in [
        (
            &["cpu_fbatches"][..],
            &exported,
            "its list does not declare what it uses: lru_add_drain_cpu",
        ),
        (
            &["cpu_fbatches", "lru_add_drain_cpu,1"],
            &exported,
            "its list does not declare what it uses: lru_add_drain_cpu",
        ),
        (
            &["cpu_fbatches", "kfree", "lru_add_drain_cpu", "vfree,2"],
            &exported,
            "its list declares what it does not use: kfree, vfree,2",
        ),
        (
            &["cpu_fbatches", "lru_add_drain_cpu"],
            &BTreeSet::new(),
            "nothing exports what it uses: _printk",
        ),
    ] {
        assert_eq!(
            link(&file, &names(declared), exported),
            Err(what.to_owned())
        );
    }
}

#[test]
fn a_name_that_only_debug_information_has_is_not_used() {
    let mut module = Module::new();
    let debug = module.section(".debug_info", PROGBITS, 0, &[0; 8]);
    let drain = module.symbol(DRAIN, GLOBAL, UNDEFINED);
    module.relocations(".rela.debug_info", debug, &[(0, drain, R_64, 0)]);
    let what = refusal(&module);
    assert!(what.contains("does not use: lru_add_drain_cpu"), "{what}");
}

#[test]
fn symbols_that_livepatch_cannot_resolve_are_refused() {
    for (symbol, what) in [
        ((DRAIN, GLOBAL, 3), "is defined by the module"),
        ((DRAIN, WEAK, UNDEFINED), "is weak"),
        (
            (".klp.sym.ext4.f,0", GLOBAL, UNDEFINED),
            "is not called .klp.sym.vmlinux.",
        ),
        (
            (".klp.sym.vmlinux.f,x", GLOBAL, UNDEFINED),
            "has no plain number",
        ),
        (("f", GLOBAL, LIVEPATCH), "does not understand its name"),
    ] {
        let refused = refusal(&one_reference(symbol, &[0; 8], 0, R_64));
        assert!(refused.contains(symbol.0), "{refused}");
        assert!(refused.contains(what), "{refused}");
    }
}

#[test]
fn relocations_that_the_loader_cannot_write_are_refused() {
    let symbol = (DRAIN, GLOBAL, UNDEFINED);
    for (content, offset, kind, what) in [
        (&[0; 8][..], 0, R_32, "R_X86_64_32 has no room"),
        (&[0; 8], 0, R_GOTPCREL, "does not know relocation type 9"),
        (&[0, 0, 0, 7], 0, R_PC32, "offset 0x0 is not zero before"),
        (&[0; 8], 5, R_PC32, "offset 0x5 is outside"),
        (&[0; 8], 1, R_64, "offset 0x1 is outside"),
        (
            &[0; 8],
            u64::MAX,
            R_64,
            "offset 0xffffffffffffffff is outside",
        ),
    ] {
        let refused = refusal(&one_reference(symbol, content, offset, kind));
        assert!(
            refused.starts_with("section .rela.text: reference to lru_add_drain_cpu: "),
            "{refused}"
        );
        assert!(refused.contains(what), "{refused}");
    }
    let mut module = Module::new();
    let text = module.section(".text", PROGBITS, ALLOC, &[0; 8]);
    let drain = module.symbol(DRAIN, GLOBAL, UNDEFINED);
    // Two entries with addends are as long as three without; the first is the same.
    module.relocations(".rel.text", text, &[(0, drain, R_64, 0), (0, 0, 0, 0)]);
    module.last_is(REL, 0);
    assert!(refusal(&module).contains("wants relocations with addends"));
}

#[test]
fn a_module_that_is_changed_in_part_is_refused() {
    let mut module = one_reference((DRAIN, GLOBAL, UNDEFINED), &[0; 16], 0, R_64);
    module.relocations(".klp.rela.vmlinux..text", 4, &[(8, 1, R_64, 0)]);
    module.last_is(RELA, ALLOC | 0x0010_0000);
    assert!(refusal(&module).contains("is changed in part"));
}

#[test]
fn a_module_has_to_say_that_it_is_for_livepatch() {
    let mut file = example().file();
    let place = file.windows(10).position(|bytes| bytes == b"livepatch=");
    file[place.unwrap()] = b'L';
    let what = link_example(&file).unwrap_err();
    assert_eq!(what, "has no MODULE_INFO(livepatch, \"Y\")");
}

#[test]
fn other_files_are_refused() {
    let file = example().file();
    let changed = |offset: usize, byte: u8| {
        let mut file = file.clone();
        file[offset] = byte;
        file
    };
    let mut signed = file.clone();
    signed.extend(b"~Module signature appended~\n");
    for (file, what) in [
        (b"#!/bin/sh\n".to_vec(), "is not an ELF file"),
        (changed(4, 1), "is not a 64-bit little-endian ELF file"),
        (changed(5, 2), "is not a 64-bit little-endian ELF file"),
        (changed(18, 183), "is for ELF machine 183, not for x86-64"),
        (changed(16, 2), "is not a relocatable file"),
        (changed(58, 40), "has broken section headers"),
        (changed(62, 1), "has no table of section names"),
        (signed, "is signed already"),
    ] {
        let refused = link_example(&file).unwrap_err();
        assert!(refused.starts_with(what), "{refused}");
    }
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let file = example().file();
    for length in 0..file.len() {
        assert!(link_example(&file[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn no_damage_makes_it_panic() {
    let file = example().file();
    for offset in 0..file.len() {
        for byte in [0x00, 0x01, 0x7f, 0xff] {
            let mut file = file.clone();
            file[offset] = byte;
            // Some damage does no harm, like that to padding.
            let _ = link_example(&file);
        }
    }
}
