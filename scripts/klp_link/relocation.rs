// SPDX-License-Identifier: GPL-2.0

//! Relocations of x86-64, as its module loader writes them.

use crate::bytes::{read_u32, read_u64};
use crate::elf::{Section, SHT_NOBITS, SHT_REL, SHT_RELA};

/// Size of an entry with an addend, in bytes.
pub(crate) const ENTRY_SIZE: usize = 24;

/// Size of an entry whose addend is at the place that is relocated.
const SHORT_ENTRY_SIZE: usize = 16;

const R_X86_64_NONE: u32 = 0;
const R_X86_64_64: u32 = 1;
const R_X86_64_PC32: u32 = 2;
const R_X86_64_PLT32: u32 = 4;
const R_X86_64_32: u32 = 10;
const R_X86_64_32S: u32 = 11;
const R_X86_64_PC64: u32 = 24;

/// An entry of a relocation section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Relocation {
    offset: u64,
    kind: u32,
    /// Index in the symbol table.
    pub(crate) symbol: u32,
    addend: u64,
}

/// Reads the relocations of `section`; `None` if its size is not one of whole entries.
pub(crate) fn read(section: &Section) -> Option<Vec<Relocation>> {
    let size = match section.kind {
        SHT_RELA => ENTRY_SIZE,
        _ => SHORT_ENTRY_SIZE,
    };
    if section.entry_size != size as u64 || section.content.len() % size != 0 {
        return None;
    }
    let entries = section.content.chunks_exact(size);
    entries
        .map(|entry| {
            Some(Relocation {
                offset: read_u64(entry, 0)?,
                kind: read_u32(entry, 8)?,
                symbol: read_u32(entry, 12)?,
                addend: read_u64(entry, 16).unwrap_or_default(),
            })
        })
        .collect()
}

impl Relocation {
    /// One that changes nothing.
    pub(crate) const NONE: Self = Self {
        offset: 0,
        kind: R_X86_64_NONE,
        symbol: 0,
        addend: 0,
    };

    /// Checks that the loader can write this relocation, found in `section`, to `target`; see
    /// __write_relocate_add(). An error says why not.
    pub(crate) fn check(&self, section: &Section, target: &Section) -> Result<(), String> {
        if section.kind == SHT_REL {
            return Err("the loader wants relocations with addends".into());
        }
        let size = match self.kind {
            R_X86_64_NONE => 0,
            R_X86_64_PC32 | R_X86_64_PLT32 | R_X86_64_32S => 4,
            R_X86_64_64 | R_X86_64_PC64 => 8,
            R_X86_64_32 => {
                return Err("R_X86_64_32 has no room for an address of the kernel".into())
            }
            kind => return Err(format!("the loader does not know relocation type {kind}")),
        };
        if target.kind == SHT_NOBITS {
            return Err("it is in a section without contents".into());
        }
        let start = usize::try_from(self.offset).ok();
        let place = start.and_then(|start| target.content.get(start..start.checked_add(size)?));
        let place = place.ok_or_else(|| format!("offset {:#x} is outside", self.offset))?;
        if place.iter().any(|byte| *byte != 0) {
            return Err(format!("offset {:#x} is not zero before", self.offset));
        }
        Ok(())
    }

    /// The entry, with its addend.
    pub(crate) fn to_bytes(&self) -> [u8; ENTRY_SIZE] {
        let mut bytes = [0; ENTRY_SIZE];
        bytes[0..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.kind.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.symbol.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.addend.to_le_bytes());
        bytes
    }
}
