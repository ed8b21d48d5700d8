// SPDX-License-Identifier: GPL-2.0

//! The symbol table of a module.

use crate::bytes::{read_u16, read_u32, write_u16};
use crate::elf::{Object, SHT_SYMTAB};
use crate::name::Name;

/// Size of an entry in bytes, and offsets in it.
const ENTRY_SIZE: usize = 24;
const NAME: usize = 0;
const INFO: usize = 4;
const SECTION: usize = 6;

const SHN_UNDEF: u16 = 0;

/// What tells the module loader to leave a symbol to livepatch.
const SHN_LIVEPATCH: u16 = 0xff20;

const STB_WEAK: u8 = 2;

/// An undefined symbol that some assemblers leave without any use; the loader ignores it too.
const GLOBAL_OFFSET_TABLE: &str = "_GLOBAL_OFFSET_TABLE_";

/// Where the loader is to look for a symbol.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Symbol {
    /// Nowhere: it is in the module, or may be missing.
    Found,
    /// Among the symbols that the kernel and other modules export.
    Exported(String),
    /// In the kernel's kallsyms, but the loader is not told so yet.
    Unmarked(Name),
    /// In the kernel's kallsyms.
    Marked(Name),
}

impl Symbol {
    /// The kernel's name, if livepatch is to resolve it.
    pub(crate) fn name(&self) -> Option<&Name> {
        match self {
            Self::Unmarked(name) | Self::Marked(name) => Some(name),
            Self::Found | Self::Exported(_) => None,
        }
    }

    fn read(name: &str, section: u16, weak: bool) -> Result<Self, String> {
        match (Name::of_symbol(name).transpose()?, section) {
            (Some(_), SHN_UNDEF) if weak => Err(format!(
                "symbol \"{name}\" is weak, but livepatch refuses a module whose symbol is missing"
            )),
            (Some(name), SHN_UNDEF) => Ok(Self::Unmarked(name)),
            (Some(name), SHN_LIVEPATCH) => Ok(Self::Marked(name)),
            (Some(_), _) => Err(format!(
                "symbol \"{name}\" is defined by the module, but livepatch looks it up in the kernel"
            )),
            (None, SHN_LIVEPATCH) => Err(format!(
                "symbol \"{name}\" is left to livepatch, which does not understand its name"
            )),
            (None, SHN_UNDEF) if !weak && !name.is_empty() && name != GLOBAL_OFFSET_TABLE => {
                Ok(Self::Exported(name.into()))
            }
            (None, _) => Ok(Self::Found),
        }
    }
}

/// All symbols of a module.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// The table's section.
    pub(crate) section: usize,
    /// By index, the unused first one too.
    pub(crate) all: Vec<Symbol>,
}

impl Symbols {
    /// Reads the symbols of `object`.
    pub(crate) fn read(object: &Object) -> Result<Self, String> {
        let mut tables = (0..).zip(&object.sections);
        let table = tables.find(|(_, section)| section.kind == SHT_SYMTAB);
        let (section, table) = table.ok_or("has no symbol table")?;
        let strings = object.sections.get(table.link as usize);
        let strings = strings.ok_or("has a symbol table without names")?;
        if table.entry_size != ENTRY_SIZE as u64 || table.content.len() % ENTRY_SIZE != 0 {
            return Err("has a broken symbol table".into());
        }
        let all = table.content.chunks_exact(ENTRY_SIZE).map(|entry| {
            let name = read_u32(entry, NAME).and_then(|offset| strings.string(offset));
            let name = name.ok_or("has a symbol whose name cannot be read")?;
            let place = read_u16(entry, SECTION).unwrap_or_default();
            Symbol::read(name, place, entry[INFO] >> 4 == STB_WEAK)
        });
        Ok(Self {
            section,
            all: all.collect::<Result<_, String>>()?,
        })
    }

    /// Leaves all symbols to livepatch that have a name for it.
    pub(crate) fn mark(&self, object: &mut Object) {
        let entries = object.sections[self.section]
            .content
            .chunks_exact_mut(ENTRY_SIZE);
        for (symbol, entry) in self.all.iter().zip(entries) {
            if symbol.name().is_some() {
                write_u16(entry, SECTION, SHN_LIVEPATCH);
            }
        }
    }
}
