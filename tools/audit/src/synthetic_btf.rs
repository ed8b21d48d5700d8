// SPDX-License-Identifier: GPL-2.0

//! The types of the kernel made for tests: Documentation/bpf/btf.rst has the format.

/// Kinds of types.
const INT: u32 = 1;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const FUNC: u32 = 12;
const FUNC_PROTO: u32 = 13;

#[derive(Default)]
struct Btf {
    types: Vec<u8>,
    strings: Vec<u8>,
    count: u32,
}

impl Btf {
    fn name(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let at = u32::try_from(self.strings.len()).unwrap();
        self.strings.extend_from_slice(name.as_bytes());
        self.strings.push(0);
        at
    }

    fn words(&mut self, words: &[u32]) {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        self.types.extend(bytes);
    }

    /// Adds a type and returns its number.
    fn add(&mut self, name: &str, kind: u32, items: usize, size_or_type: u32) -> u32 {
        let name = self.name(name);
        let items = u32::try_from(items).unwrap();
        self.words(&[name, (kind << 24) | items, size_or_type]);
        self.count += 1;
        self.count
    }

    /// Adds a structure or union of members with name, type and byte offset.
    fn aggregate(&mut self, name: &str, kind: u32, size: u32, members: &[(&str, u32, u32)]) -> u32 {
        let number = self.add(name, kind, members.len(), size);
        for (name, kind, offset) in members {
            let name = self.name(name);
            self.words(&[name, *kind, offset * 8]);
        }
        number
    }

    fn array(&mut self, item: u32, length: u32) -> u32 {
        let number = self.add("", ARRAY, 0, 0);
        self.words(&[item, item, length]);
        number
    }
}

/// A .BTF section in which the first batch of struct cpu_fbatches has `lru_add` bytes.
pub fn btf(lru_add: u32) -> Vec<u8> {
    let mut btf = Btf {
        strings: vec![0],
        ..Btf::default()
    };
    let byte = btf.add("char", INT, 0, 1);
    btf.words(&[8]);
    let unnamed = btf.aggregate("", UNION, 1, &[("nr", byte, 0)]);
    let batch = btf.aggregate("folio_batch", STRUCT, 16, &[("", unnamed, 0)]);
    let first = btf.array(byte, lru_add);
    let members = [("lru_add", first, 0), ("lru_activate", batch, 16)];
    btf.aggregate("cpu_fbatches", STRUCT, 32, &members);
    btf.aggregate("mlock_fbatch", STRUCT, 16, &[("fbatch", batch, 0)]);
    let names = btf.array(byte, 65 * 6);
    btf.aggregate("uts_namespace", STRUCT, 392, &[("name", names, 0)]);
    // void nothing(void), void __fentry__(void), void one(char).
    let proto = btf.add("", FUNC_PROTO, 0, 0);
    btf.add("nothing", FUNC, 0, proto);
    btf.add("__fentry__", FUNC, 0, proto);
    let proto = btf.add("", FUNC_PROTO, 1, 0);
    btf.words(&[0, byte]);
    btf.add("one", FUNC, 0, proto);

    let length = u32::try_from(btf.types.len()).unwrap();
    let strings = u32::try_from(btf.strings.len()).unwrap();
    let mut section = vec![0x9f, 0xeb, 1, 0];
    for word in [24, 0, length, length, strings] {
        section.extend_from_slice(&word.to_le_bytes());
    }
    section.extend_from_slice(&btf.types);
    section.extend_from_slice(&btf.strings);
    section
}
