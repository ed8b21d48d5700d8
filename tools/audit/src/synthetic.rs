// SPDX-License-Identifier: GPL-2.0

//! A small kernel made for tests: an ELF file with text, symbols, types and all else that is read.

use crate::coverage::{Argued, Layout, Member, Replaced, Variable};
use crate::coverage_of::Coverage;
use crate::kallsyms::tests::{symbol, tables};
use crate::kernel::Kernel;
use crate::report::Report;
use crate::synthetic_btf::btf;

const TEXT: u64 = 0xffff_ffff_8100_0000;
const RODATA: u64 = 0xffff_ffff_8200_0000;
const BTF: u64 = 0xffff_ffff_8280_0000;
const DATA: u64 = 0xffff_ffff_8300_0000;
const MCOUNT: u64 = 0xffff_ffff_8320_0000;
const NOTES: u64 = 0xffff_ffff_8340_0000;
const PERCPU: u64 = 0xffff_ffff_8360_0000;

/// The batches; struct cpu_fbatches has 32 bytes and struct mlock_fbatch 16.
pub const CPU_FBATCHES: u64 = PERCPU + 0x100;
pub const MLOCK_FBATCH: u64 = PERCPU + 0x200;

/// Bytes that each function gets.
const SLOT: u64 = 64;

/// Section flags of ELF.
const WRITE: u64 = 1;
const ALLOC: u64 = 2;
const EXECUTE: u64 = 4;

pub const ENDBR: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];
const RET: u8 = 0xc3;

/// A piece of a function.
#[derive(Clone)]
pub enum Code {
    /// Where ftrace may patch, after `endbr64`.
    Traced,
    /// `lea rdi, [rip + …]`: a pointer to this address.
    Lea(u64),
    /// `mov rax, imm32`: the same as an absolute address.
    Mov(u64),
    /// `movzx eax, byte gs:[rip + …]`: reads this CPU's copy.
    Read(u64),
    /// `mov [rdi], al`.
    Store,
    /// A call of a function.
    Call(&'static str),
    /// A jump to a function, so many bytes behind its start.
    Jump(&'static str, u64),
    /// `ret`.
    Ret,
    /// Bytes as they are.
    Bytes(&'static [u8]),
}

/// What the kernel is made of.
#[derive(Clone)]
pub struct Synthetic {
    /// Its functions, by name.
    pub functions: Vec<(&'static str, Vec<Code>)>,
    /// 64-bit values in .data.
    pub data: Vec<u64>,
    /// The first member's size in struct cpu_fbatches.
    pub lru_add: u32,
    /// What it says of itself.
    pub version: &'static str,
}

impl Synthetic {
    /// A kernel that [`coverage`] covers.
    pub fn covered() -> Self {
        use Code::{Call, Jump, Lea, Mov, Read, Ret, Store, Traced};
        Self {
            functions: vec![
                (
                    "folio_add_lru",
                    vec![Traced, Lea(CPU_FBATCHES), Jump("move", 0)],
                ),
                ("move", vec![Store, Ret]),
                ("drain_all", vec![Traced, Call("__drain_all"), Ret]),
                ("__drain_all", vec![Mov(CPU_FBATCHES + 16), Ret]),
                ("need_drain", vec![Traced, Read(MLOCK_FBATCH), Ret]),
                ("fault", vec![Traced, Call("folio_add_lru"), Ret]),
            ],
            data: Vec::new(),
            lru_add: 16,
            version: "#1 SMP PREEMPT_DYNAMIC test",
        }
    }

    /// The kernel with one more function.
    pub fn with(mut self, name: &'static str, code: &[Code]) -> Self {
        self.functions.push((name, code.to_vec()));
        self
    }

    /// The address of a function.
    pub fn address(&self, name: &str) -> u64 {
        let mut names = self.functions.iter().map(|(known, _)| *known);
        slot(names.position(|known| known == name).unwrap())
    }

    /// The audit of this kernel.
    pub fn audit(&self, coverage: &Coverage) -> Report {
        let bytes = self.build();
        let kernel = Kernel::parse(&bytes).unwrap();
        crate::report(&kernel, coverage).unwrap()
    }

    /// The unpacked kernel.
    pub fn build(&self) -> Vec<u8> {
        let mut relocations = Vec::new();
        let mut text = Vec::new();
        let mut traced = Vec::new();
        for (number, (_, code)) in self.functions.iter().enumerate() {
            let start = slot(number);
            for piece in code {
                self.assemble(piece, &mut text, &mut relocations);
                if matches!(piece, Code::Traced) {
                    traced.push(start + 4);
                }
            }
            text.resize(usize::try_from(start + SLOT - TEXT).unwrap(), 0xcc);
        }
        let words = |values: &[u64]| {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        // Names of 65 bytes: system, node, release, version, machine, domain.
        let mut data = vec![0; 65 * 6 + 2];
        for (number, text) in [(2, "7.2.99-test"), (3, self.version)] {
            data[65 * number..65 * number + text.len()].copy_from_slice(text.as_bytes());
        }
        let pointers = DATA + data.len() as u64;
        data.extend::<Vec<u8>>(words(&self.data));
        let mut kernel = elf(&[
            (".text", TEXT, ALLOC | EXECUTE, text),
            (".rodata", RODATA, ALLOC, self.symbols(traced.len())),
            (".BTF", BTF, ALLOC, btf(self.lru_add)),
            (".data", DATA, ALLOC | WRITE | EXECUTE, data),
            (".init.data", MCOUNT, ALLOC | WRITE, words(&traced)),
            (".notes", NOTES, ALLOC, notes()),
            (".data..percpu", PERCPU, ALLOC | WRITE, vec![0; 0x300]),
        ]);
        let places = (0..self.data.len() as u64).map(|number| pointers + 8 * number);
        for list in [places.collect(), relocations] {
            kernel.extend_from_slice(&[0; 4]);
            for place in list {
                kernel.extend_from_slice(&place.to_le_bytes()[..4]);
            }
        }
        kernel
    }

    fn assemble(&self, piece: &Code, text: &mut Vec<u8>, relocations: &mut Vec<u64>) {
        let relative = |text: &mut Vec<u8>, opcode: &[u8], to: u64| {
            text.extend_from_slice(opcode);
            let next = TEXT + text.len() as u64 + 4;
            text.extend_from_slice(&to.wrapping_sub(next).to_le_bytes()[..4]);
        };
        match *piece {
            Code::Traced => text.extend_from_slice(&ENDBR),
            Code::Lea(to) => relative(text, &[0x48, 0x8d, 0x3d], to),
            Code::Read(from) => relative(text, &[0x65, 0x0f, 0xb6, 0x05], from),
            Code::Call(name) => relative(text, &[0xe8], self.address(name)),
            Code::Jump(name, behind) => relative(text, &[0xe9], self.address(name) + behind),
            Code::Store => text.extend_from_slice(&[0x88, 0x07]),
            Code::Ret => text.push(RET),
            Code::Bytes(bytes) => text.extend_from_slice(bytes),
            Code::Mov(value) => {
                text.extend_from_slice(&[0x48, 0xc7, 0xc0]);
                relocations.push(TEXT + text.len() as u64);
                text.extend_from_slice(&value.to_le_bytes()[..4]);
            }
        }
    }

    fn symbols(&self, traced: usize) -> Vec<u8> {
        let functions = self.functions.iter().enumerate();
        let mut symbols: Vec<_> = functions
            .map(|(number, (name, _))| symbol(slot(number), b't', name))
            .collect();
        symbols.extend([
            symbol(RODATA, b'r', "kallsyms_num_syms"),
            symbol(RODATA + 0x10_0000, b'r', "kallsyms_seqs_of_names"),
            symbol(DATA, b'D', "init_uts_ns"),
            symbol(DATA + 392, b'd', "table"),
            symbol(MCOUNT, b'd', "__start_mcount_loc"),
            symbol(MCOUNT + 8 * traced as u64, b'd', "__stop_mcount_loc"),
            symbol(CPU_FBATCHES, b'd', "cpu_fbatches"),
            symbol(MLOCK_FBATCH, b'd', "mlock_fbatch"),
        ]);
        tables(&symbols, RODATA)
    }
}

/// Where a function starts, by number.
fn slot(number: usize) -> u64 {
    TEXT + SLOT * number as u64
}

/// What covers [`Synthetic::covered`].
pub fn coverage() -> Coverage {
    let variable = |name| Variable { name, layout: name };
    let replaced = |name| Replaced {
        name,
        since: (7, 2),
    };
    Coverage {
        batches: vec![variable("cpu_fbatches"), variable("mlock_fbatch")],
        replaced: vec![replaced("folio_add_lru"), replaced("drain_all")],
        kept: vec![Argued {
            name: "need_drain",
            reason: "reads",
        }],
        locked: false,
        any_batch: Vec::new(),
        helpers: true,
        names: "folio_add_lru\ndrain_all # replaced\nneed_drain if HAVE_need_drain\n".to_owned(),
        layout: vec![Layout {
            name: "cpu_fbatches",
            size: Some(32),
            members: &[
                Member {
                    path: "lru_add",
                    offset: 0,
                    size: 16,
                },
                Member {
                    path: "lru_activate.nr",
                    offset: 16,
                    size: 1,
                },
            ],
        }],
    }
}

fn notes() -> Vec<u8> {
    let mut notes = Vec::new();
    for word in [4_u32, 4, 3] {
        notes.extend_from_slice(&word.to_le_bytes());
    }
    notes.extend_from_slice(b"GNU\0\x01\x02\x03\x04");
    notes
}

/// An ELF file with these sections: name, address, flags, content.
fn elf(sections: &[(&str, u64, u64, Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 64;
    let mut names = vec![0];
    let mut content = Vec::new();
    let mut headers = vec![0; HEADER];
    let mut header = |name: usize, kind: u32, flags: u64, address: u64, at: usize, size: usize| {
        headers.extend_from_slice(&u32::try_from(name).unwrap().to_le_bytes());
        headers.extend_from_slice(&kind.to_le_bytes());
        for value in [flags, address, at as u64, size as u64, 0, 1, 0] {
            headers.extend_from_slice(&value.to_le_bytes());
        }
    };
    for (name, address, flags, data) in sections {
        header(
            names.len(),
            1,
            *flags,
            *address,
            HEADER + content.len(),
            data.len(),
        );
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        content.extend_from_slice(data);
    }
    let own = names.len();
    names.extend_from_slice(b".shstrtab\0");
    header(own, 3, 0, 0, HEADER + content.len(), names.len());
    content.extend_from_slice(&names);
    content.resize(content.len().next_multiple_of(8), 0);

    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    file.resize(16, 0);
    // Executable, x86-64.
    for half in [2_u16, 62] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    file.extend_from_slice(&1_u32.to_le_bytes());
    for value in [TEXT, 0, (HEADER + content.len()) as u64] {
        file.extend_from_slice(&value.to_le_bytes());
    }
    file.extend_from_slice(&[0; 4]);
    let count = u16::try_from(sections.len() + 2).unwrap();
    for half in [64, 0, 0, 64, count, count - 1] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    file.extend_from_slice(&content);
    file.extend_from_slice(&headers);
    file
}
