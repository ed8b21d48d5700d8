// SPDX-License-Identifier: GPL-2.0

//! Relocatable ELF files of x86-64: taken apart into sections and put together again.
//!
//! No byte of such a file has a place of its own: everything is found through the section headers.
//! So a changed file is simply laid out anew.

use crate::bytes::{read_u16, read_u32, read_u64, write_u16, write_u32, write_u64};

/// Section types.
pub(crate) const SHT_NULL: u32 = 0;
pub(crate) const SHT_SYMTAB: u32 = 2;
pub(crate) const SHT_STRTAB: u32 = 3;
pub(crate) const SHT_RELA: u32 = 4;
pub(crate) const SHT_NOBITS: u32 = 8;
pub(crate) const SHT_REL: u32 = 9;

/// Section flags.
pub(crate) const SHF_ALLOC: u64 = 1 << 1;
pub(crate) const SHF_INFO_LINK: u64 = 1 << 6;
pub(crate) const SHF_RELA_LIVEPATCH: u64 = 1 << 20;

/// Where the special values of a symbol's section index start; a file that needs more sections
/// keeps their number elsewhere, which no kernel module does.
const SHN_LORESERVE: u16 = 0xff00;

const HEADER_SIZE: usize = 64;
const SECTION_HEADER_SIZE: usize = 64;

const ET_REL: u16 = 1;
const EM_X86_64: u16 = 62;

/// No section of a module asks for more: a large page.
const LARGEST_ALIGNMENT: u64 = 2 << 20;

/// How `scripts/sign-file` ends a file.
const SIGNATURE_MARK: &[u8] = b"~Module signature appended~\n";

/// Offsets in the ELF header.
mod at {
    pub(super) const TYPE: usize = 16;
    pub(super) const MACHINE: usize = 18;
    pub(super) const SECTION_HEADERS: usize = 40;
    pub(super) const SEGMENTS: usize = 56;
    pub(super) const SECTION_HEADER_SIZE: usize = 58;
    pub(super) const SECTIONS: usize = 60;
    pub(super) const SECTION_NAMES: usize = 62;
}

/// A section: its header, without what only tells where it is in the file, and its content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Section {
    pub(crate) name: u32,
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    pub(crate) address: u64,
    /// In bytes; that of the content, unless the section is SHT_NOBITS and has none.
    pub(crate) size: u64,
    pub(crate) link: u32,
    pub(crate) info: u32,
    pub(crate) alignment: u64,
    pub(crate) entry_size: u64,
    pub(crate) content: Vec<u8>,
}

impl Section {
    fn read(file: &[u8], header: &[u8]) -> Option<Self> {
        let kind = read_u32(header, 4)?;
        let offset = usize::try_from(read_u64(header, 24)?).ok()?;
        let size = read_u64(header, 32)?;
        let content = if kind == SHT_NULL || kind == SHT_NOBITS {
            &[]
        } else {
            file.get(offset..offset.checked_add(usize::try_from(size).ok()?)?)?
        };
        let alignment = read_u64(header, 48).filter(|alignment| *alignment <= LARGEST_ALIGNMENT)?;
        Some(Self {
            name: read_u32(header, 0)?,
            kind,
            flags: read_u64(header, 8)?,
            address: read_u64(header, 16)?,
            size,
            link: read_u32(header, 40)?,
            info: read_u32(header, 44)?,
            alignment,
            entry_size: read_u64(header, 56)?,
            content: content.to_vec(),
        })
    }

    fn header(&self, offset: usize) -> [u8; SECTION_HEADER_SIZE] {
        let mut header = [0; SECTION_HEADER_SIZE];
        write_u32(&mut header, 0, self.name);
        write_u32(&mut header, 4, self.kind);
        write_u64(&mut header, 8, self.flags);
        write_u64(&mut header, 16, self.address);
        write_u64(&mut header, 24, offset as u64);
        write_u64(&mut header, 32, self.size);
        write_u32(&mut header, 40, self.link);
        write_u32(&mut header, 44, self.info);
        write_u64(&mut header, 48, self.alignment);
        write_u64(&mut header, 56, self.entry_size);
        header
    }

    /// Replaces the content.
    pub(crate) fn set_content(&mut self, content: Vec<u8>) {
        self.size = content.len() as u64;
        self.content = content;
    }

    /// The string at `offset` of a string table.
    pub(crate) fn string(&self, offset: u32) -> Option<&str> {
        let rest = self.content.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }
}

/// A relocatable file of x86-64.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    header: [u8; HEADER_SIZE],
    /// All sections; the first is the unused one that ELF asks for.
    pub(crate) sections: Vec<Section>,
    names: usize,
}

impl Object {
    /// Takes `file` apart. An error says what is wrong with it.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, String> {
        let header = file
            .first_chunk::<HEADER_SIZE>()
            .filter(|header| header.starts_with(b"\x7fELF"))
            .ok_or("is not an ELF file")?;
        // Class, byte order and version.
        if header[4..7] != [2, 1, 1] {
            return Err("is not a 64-bit little-endian ELF file".into());
        }
        let field = |offset| read_u16(header, offset).unwrap_or_default();
        if field(at::MACHINE) != EM_X86_64 {
            let machine = field(at::MACHINE);
            return Err(format!("is for ELF machine {machine}, not for x86-64"));
        }
        if field(at::TYPE) != ET_REL || field(at::SEGMENTS) != 0 {
            return Err("is not a relocatable file".into());
        }
        if file.ends_with(SIGNATURE_MARK) {
            return Err("is signed already, and changing it would void the signature".into());
        }
        let sections = Self::parse_sections(file, header).ok_or("has broken section headers")?;
        let names = usize::from(field(at::SECTION_NAMES));
        if sections
            .get(names)
            .is_none_or(|section| section.kind != SHT_STRTAB)
        {
            return Err("has no table of section names".into());
        }
        Ok(Self {
            header: *header,
            sections,
            names,
        })
    }

    fn parse_sections(file: &[u8], header: &[u8]) -> Option<Vec<Section>> {
        let count = read_u16(header, at::SECTIONS)?;
        let size = usize::from(read_u16(header, at::SECTION_HEADER_SIZE)?);
        if count == 0 || count >= SHN_LORESERVE || size != SECTION_HEADER_SIZE {
            return None;
        }
        let start = usize::try_from(read_u64(header, at::SECTION_HEADERS)?).ok()?;
        let end = start.checked_add(usize::from(count) * size)?;
        let sections: Option<Vec<_>> = file
            .get(start..end)?
            .chunks_exact(size)
            .map(|header| Section::read(file, header))
            .collect();
        sections.filter(|sections| sections[0].kind == SHT_NULL && sections[0].size == 0)
    }

    /// The name of `section`.
    pub(crate) fn name<'a>(&'a self, section: &Section) -> Result<&'a str, String> {
        self.sections[self.names]
            .string(section.name)
            .ok_or_else(|| "has a section whose name cannot be read".into())
    }

    /// Adds `section` at the end, called `name`.
    pub(crate) fn add_section(&mut self, name: &str, section: Section) -> Result<(), String> {
        if self.sections.len() + 1 >= usize::from(SHN_LORESERVE) {
            return Err("has too many sections to add one".into());
        }
        let names = &mut self.sections[self.names];
        let mut content = std::mem::take(&mut names.content);
        let offset = u32::try_from(content.len()).map_err(|_| "has too many names of sections")?;
        content.extend_from_slice(name.as_bytes());
        content.push(0);
        names.set_content(content);
        self.sections.push(Section {
            name: offset,
            ..section
        });
        Ok(())
    }

    /// Puts the file together: header, contents in the order of the sections, section headers.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut file = self.header.to_vec();
        let mut headers = Vec::new();
        for section in &self.sections {
            if section.kind == SHT_NULL {
                headers.extend_from_slice(&section.header(0));
                continue;
            }
            align(&mut file, section.alignment);
            headers.extend_from_slice(&section.header(file.len()));
            file.extend_from_slice(&section.content);
        }
        align(&mut file, 8);
        let start = file.len() as u64;
        write_u64(&mut file, at::SECTION_HEADERS, start);
        // add_section() and parse() keep the number below SHN_LORESERVE.
        write_u16(&mut file, at::SECTIONS, self.sections.len() as u16);
        file.extend_from_slice(&headers);
        file
    }
}

fn align(file: &mut Vec<u8>, alignment: u64) {
    // At most LARGEST_ALIGNMENT, and 0 means the same as 1.
    file.resize(file.len().next_multiple_of(alignment.max(1) as usize), 0);
}
