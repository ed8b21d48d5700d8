// SPDX-License-Identifier: GPL-2.0

//! Modules without what only a debugger reads.
//!
//! It is most of a module, and a debug kernel takes seconds to unpack it as it boots. Sections are made
//! empty where `strip` would remove them: so none gets another number, which symbols and livepatch's
//! relocations have.

use object::LittleEndian;
use object::elf::FileHeader64;
use object::pod::{bytes_of, bytes_of_slice};
use object::read::Result;
use object::read::elf::{FileHeader as _, SectionHeader as _};

type Header = FileHeader64<LittleEndian>;

/// What the names of such sections begin with, and of their relocations.
const DEBUG: [&[u8]; 2] = [b".debug", b".rela.debug"];

/// What the table of sections is aligned to.
const TABLE_ALIGNMENT: usize = 8;

/// The module `file` without them. All that the kernel reads stays, the names of functions included.
pub fn module(file: &[u8]) -> Result<Vec<u8>> {
    let mut header = *Header::parse(file)?;
    let endian = header.endian()?;
    let table = header.sections(endian, file)?;
    let mut sections: Vec<_> = table.iter().copied().collect();
    let mut in_file_order: Vec<_> = (0..sections.len()).collect();
    in_file_order.sort_by_key(|&index| sections[index].sh_offset.get(endian));

    let mut output = bytes_of(&header).to_vec();
    for index in in_file_order {
        let section = &mut sections[index];
        let name = table.section_name(endian, section)?;
        if DEBUG.iter().any(|debug| name.starts_with(debug)) {
            section.sh_size.set(endian, 0);
        }
        let alignment = usize::try_from(section.sh_addralign.get(endian)).unwrap_or(1);
        pad(&mut output, alignment);
        let data = section.data(endian, file)?;
        section.sh_offset.set(endian, output.len() as u64);
        output.extend_from_slice(data);
    }
    pad(&mut output, TABLE_ALIGNMENT);
    header.e_shoff.set(endian, output.len() as u64);
    output.extend_from_slice(bytes_of_slice(&sections));
    output[..size_of::<Header>()].copy_from_slice(bytes_of(&header));
    Ok(output)
}

/// Adds zeros until the next byte is at a multiple of `alignment`.
fn pad(output: &mut Vec<u8>, alignment: usize) {
    output.resize(output.len().next_multiple_of(alignment.max(1)), 0);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use object::{File, Object, ObjectSection, ObjectSymbol, SectionIndex};

    use super::module;
    use crate::assembled;

    /// Has relocations to symbols of all kinds, in sections before and after the debugger's.
    const TEXT: &str = ".section .modinfo, \"a\"\n.asciz \"name=a\"\n.text\n.globl f\nf:\ncall kfree\n\
                        lea .Ldata(%rip), %rax\nret\n.data\n.balign 32\n.Ldata:\n.quad f\n\
                        .bss\n.zero 77\n.section .last, \"a\"\n.quad .Ldata\n";

    fn sections(file: &File<'_>, debug: bool) -> Vec<(SectionIndex, String, u64, Vec<u8>, String)> {
        let of_debugger =
            |name: &str| name.starts_with(".debug") || name.starts_with(".rela.debug");
        file.sections()
            .filter(|section| of_debugger(section.name().unwrap()) == debug)
            .map(|section| {
                let relocations: Vec<_> = section.relocations().collect();
                (
                    section.index(),
                    section.name().unwrap().to_owned(),
                    section.size(),
                    section.data().unwrap().to_vec(),
                    format!("{relocations:?}"),
                )
            })
            .collect()
    }

    fn symbols(file: &File<'_>) -> Vec<(String, SectionIndex, u64)> {
        file.symbols()
            .map(|symbol| {
                let section = symbol.section_index().unwrap_or(SectionIndex(0));
                (symbol.name().unwrap().to_owned(), section, symbol.address())
            })
            .collect()
    }

    #[test]
    fn only_what_debuggers_read_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ko");
        assembled::with_debug_info(TEXT, &path);
        let whole = fs::read(&path).unwrap();
        let stripped = module(&whole).unwrap();
        let [before, after] = [&whole, &stripped].map(|file| File::parse(&**file).unwrap());
        assert_eq!(sections(&after, false), sections(&before, false));
        assert_eq!(symbols(&after), symbols(&before));
        assert!(sections(&before, true).iter().any(|section| section.2 > 0));
        assert!(sections(&after, true).iter().all(|section| section.2 == 0));
        assert!(stripped.len() < whole.len());
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(module(b"K").is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ko");
        assembled::with_debug_info(TEXT, &path);
        let whole = fs::read(&path).unwrap();
        assert!(module(&whole[..whole.len() / 2]).is_err());
    }
}
