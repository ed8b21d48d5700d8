// SPDX-License-Identifier: GPL-2.0

//! The kernel's memory as its ELF file describes it: sections by address.

use std::ops::Range;

use object::elf::{SHF_EXECINSTR, SHF_WRITE};
use object::{File, Object, ObjectSection, SectionFlags};

use crate::error::{Error, Result};

/// The address in the top 2 GiB, where the kernel is, whose low half is `low`.
pub fn extended(low: u32) -> u64 {
    i64::from(low as i32) as u64
}

/// A section that the kernel has in memory.
#[derive(Debug)]
pub struct Section<'data> {
    /// Its name.
    pub name: String,
    /// Its first address.
    pub start: u64,
    /// Its content.
    pub data: &'data [u8],
    /// Whether it holds instructions and nothing that is written.
    pub text: bool,
}

impl Section<'_> {
    /// The addresses of its content.
    pub fn range(&self) -> Range<u64> {
        self.start..self.start + self.data.len() as u64
    }
}

/// The kernel's sections with content, in the order of their addresses.
#[derive(Debug)]
pub struct Image<'data> {
    /// The sections.
    pub sections: Vec<Section<'data>>,
}

impl<'data> Image<'data> {
    /// Reads the ELF file at the start of `kernel`.
    pub fn parse(kernel: &'data [u8]) -> Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| Error::Elf(error.to_string());
        let file = File::parse(kernel).map_err(|error| wrong(&error))?;
        let mut sections = Vec::new();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
                return Err(wrong(&"it is no ELF file"));
            };
            let data = section.data().map_err(|error| wrong(&error))?;
            if section.address() == 0 || data.is_empty() {
                continue;
            }
            let flags = sh_flags.0 & (SHF_EXECINSTR.0 | SHF_WRITE.0);
            sections.push(Section {
                name: section.name().map_err(|error| wrong(&error))?.to_owned(),
                start: section.address(),
                data,
                // .data is marked executable as well: some early code lives there, see `text()`.
                text: flags == SHF_EXECINSTR.0,
            });
        }
        sections.sort_by_key(|section| section.start);
        if sections.iter().any(|section| section.text) {
            Ok(Self { sections })
        } else {
            Err(wrong(&"it has no text"))
        }
    }

    /// The section called `name`.
    pub fn section(&self, name: &str) -> Option<&Section<'data>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The section that has content at `address`.
    pub fn section_at(&self, address: u64) -> Option<&Section<'data>> {
        let after = self
            .sections
            .partition_point(|section| section.start <= address);
        let section = self.sections.get(after.checked_sub(1)?)?;
        section.range().contains(&address).then_some(section)
    }

    /// The content from `address` to the end of its section.
    pub fn at(&self, address: u64) -> Option<&'data [u8]> {
        let section = self.section_at(address)?;
        let offset = usize::try_from(address - section.start).ok()?;
        section.data.get(offset..)
    }

    /// The 64-bit value at `address`.
    pub fn u64_at(&self, address: u64) -> Option<u64> {
        let bytes = self.at(address)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// The 32-bit value at `address`.
    pub fn u32_at(&self, address: u64) -> Option<u32> {
        let bytes = self.at(address)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }
}
