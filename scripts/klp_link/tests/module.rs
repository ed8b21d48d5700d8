// SPDX-License-Identifier: GPL-2.0

//! Modules made up for the tests, byte by byte, without the code that is under test.

const HEADER_SIZE: usize = 64;
const SECTION_HEADER_SIZE: usize = 64;

/// What a section header says of a section, beside its name and place.
#[derive(Clone, Copy)]
struct Kind {
    kind: u32,
    flags: u64,
    link: u32,
    info: u32,
    alignment: u64,
    entry_size: u64,
}

/// Section types and flags.
pub(super) const PROGBITS: u32 = 1;
pub(super) const RELA: u32 = 4;
pub(super) const REL: u32 = 9;
pub(super) const ALLOC: u64 = 2;

/// The section index of an undefined symbol, and one that livepatch resolves.
pub(super) const UNDEFINED: u16 = 0;
pub(super) const LIVEPATCH: u16 = 0xff20;

/// `st_info` of symbols.
pub(super) const GLOBAL: u8 = 1 << 4;
pub(super) const WEAK: u8 = 2 << 4;

/// A module with an empty first section, `.symtab` and its names as the next two, and whatever is
/// added.
pub(super) struct Module {
    sections: Vec<(&'static str, Kind, Vec<u8>)>,
    symbols: Vec<u8>,
    symbol_names: Vec<u8>,
    count: u32,
}

impl Module {
    /// The index of the symbol table.
    pub(super) const SYMTAB: u32 = 1;

    /// One that says what livepatch wants to hear.
    pub(super) fn new() -> Self {
        let mut module = Self {
            sections: Vec::new(),
            symbols: vec![0; 24],
            symbol_names: vec![0],
            count: 1,
        };
        module.section(".modinfo", PROGBITS, ALLOC, b"license=GPL\0livepatch=Y\0");
        module
    }

    /// Adds a section and gives back its index.
    pub(super) fn section(
        &mut self,
        name: &'static str,
        kind: u32,
        flags: u64,
        content: &[u8],
    ) -> u32 {
        let kind = Kind {
            kind,
            flags,
            link: 0,
            info: 0,
            alignment: 16,
            entry_size: 0,
        };
        self.sections.push((name, kind, content.to_vec()));
        self.sections.len() as u32 + 2
    }

    /// Adds relocations of section `target`: offset, symbol, type and addend of each.
    pub(super) fn relocations(
        &mut self,
        name: &'static str,
        target: u32,
        entries: &[(u64, u32, u32, i64)],
    ) -> u32 {
        let mut content = Vec::new();
        for (offset, symbol, kind, addend) in entries {
            content.extend(offset.to_le_bytes());
            content.extend(kind.to_le_bytes());
            content.extend(symbol.to_le_bytes());
            content.extend(addend.to_le_bytes());
        }
        let kind = Kind {
            kind: RELA,
            flags: 0x40,
            link: Self::SYMTAB,
            info: target,
            alignment: 8,
            entry_size: 24,
        };
        self.sections.push((name, kind, content));
        self.sections.len() as u32 + 2
    }

    /// Makes the last section something else: its type, its flags.
    pub(super) fn last_is(&mut self, kind: u32, flags: u64) {
        let last = &mut self.sections.last_mut().unwrap().1;
        last.kind = kind;
        last.flags = flags;
        last.entry_size = if kind == REL { 16 } else { 24 };
    }

    /// Adds a symbol and gives back its index.
    pub(super) fn symbol(&mut self, name: &str, info: u8, section: u16) -> u32 {
        let offset = self.symbol_names.len() as u32;
        self.symbol_names.extend(name.bytes());
        self.symbol_names.push(0);
        self.symbols.extend(offset.to_le_bytes());
        self.symbols.extend([info, 0]);
        self.symbols.extend(section.to_le_bytes());
        self.symbols.extend([0; 16]);
        self.count += 1;
        self.count - 1
    }

    /// The file.
    pub(super) fn file(&self) -> Vec<u8> {
        let symtab = Kind {
            kind: 2,
            flags: 0,
            link: 2,
            info: 1,
            alignment: 8,
            entry_size: 24,
        };
        let strings = Kind {
            kind: 3,
            flags: 0,
            link: 0,
            info: 0,
            alignment: 1,
            entry_size: 0,
        };
        let mut all = vec![
            (".symtab", symtab, self.symbols.clone()),
            (".strtab", strings, self.symbol_names.clone()),
        ];
        all.extend(self.sections.iter().cloned());
        all.push((".shstrtab", strings, Vec::new()));
        let mut names = vec![0];
        let mut offsets = Vec::new();
        for (name, ..) in &all {
            offsets.push(names.len() as u32);
            names.extend(name.bytes());
            names.push(0);
        }
        all.last_mut().unwrap().2 = names;
        let mut file = vec![0; HEADER_SIZE];
        let mut headers = vec![0; SECTION_HEADER_SIZE];
        for ((_, kind, content), name) in all.iter().zip(offsets) {
            while file.len() as u64 % kind.alignment != 0 {
                file.push(0);
            }
            headers.extend(name.to_le_bytes());
            headers.extend(kind.kind.to_le_bytes());
            headers.extend(kind.flags.to_le_bytes());
            headers.extend(0u64.to_le_bytes());
            headers.extend((file.len() as u64).to_le_bytes());
            headers.extend((content.len() as u64).to_le_bytes());
            headers.extend(kind.link.to_le_bytes());
            headers.extend(kind.info.to_le_bytes());
            headers.extend(kind.alignment.to_le_bytes());
            headers.extend(kind.entry_size.to_le_bytes());
            file.extend(content);
        }
        while file.len() % 8 != 0 {
            file.push(0);
        }
        let count = all.len() as u16 + 1;
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        file[16..18].copy_from_slice(&1u16.to_le_bytes());
        file[18..20].copy_from_slice(&62u16.to_le_bytes());
        file[20..24].copy_from_slice(&1u32.to_le_bytes());
        let start = file.len() as u64;
        file[40..48].copy_from_slice(&start.to_le_bytes());
        file[52..54].copy_from_slice(&64u16.to_le_bytes());
        file[58..60].copy_from_slice(&64u16.to_le_bytes());
        file[60..62].copy_from_slice(&count.to_le_bytes());
        file[62..64].copy_from_slice(&(count - 1).to_le_bytes());
        file.extend(headers);
        file
    }
}
