// SPDX-License-Identifier: GPL-2.0

//! The kernel's symbols, from the tables it carries for its own use.
//!
//! A distribution's image has no ELF symbol table. It has the tables behind /proc/kallsyms, which
//! scripts/kallsyms.c writes into `.rodata` in this order, each aligned to 4 bytes:
//!
//! | table | content |
//! |---|---|
//! | num_syms | how many symbols there are, 32 bits |
//! | names | per symbol a length (1 byte, or 2 in ULEB128) and so many token numbers |
//! | markers | where in `names` every 256th symbol starts, 32 bits each |
//! | token_table | 256 strings, each with a NUL |
//! | token_index | where in `token_table` each string starts, 16 bits each |
//! | offsets | per symbol its address, relative to where this value is, 32 bits |
//!
//! Nothing points to them from a known place, so they are recognised: 256 offsets in `token_index`
//! that agree with 256 strings do not occur by chance. The other tables are found from there, and
//! every one is checked against the others.

use std::ops::Range;

use crate::error::{Error, Result};

const TOKENS: usize = 256;

/// Names between two markers.
const MARKED: usize = 256;

/// A symbol.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Symbol {
    /// Its address.
    pub address: u64,
    /// What it is, as nm says it: `T` and `t` for functions, `D`, `d`, `B`, `b`… for data.
    pub kind: u8,
    /// Its name.
    pub name: String,
}

impl Symbol {
    /// Whether it is a function, weak ones included.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, b'T' | b't' | b'W' | b'w')
    }
}

/// Where the tables are in the section.
struct Tables {
    tokens: Vec<Range<usize>>,
    names: Range<usize>,
    count: usize,
    offsets: usize,
}

/// The symbols in `data`, which is in memory at `address`, ordered by address.
pub fn read(data: &[u8], address: u64) -> Result<Vec<Symbol>> {
    let tables = find(data).ok_or_else(|| {
        Error::Kallsyms("no tables in the format of Linux 6.15 to 7.3 found".to_owned())
    })?;
    let mut symbols = Vec::with_capacity(tables.count);
    let mut names = Names {
        data,
        next: tables.names.start,
    };
    for index in 0..tables.count {
        let name = names
            .next_name()
            .ok_or_else(|| Error::Kallsyms(format!("the name of symbol {index} is cut short")))?;
        let mut text = Vec::new();
        for &token in name {
            text.extend_from_slice(&data[tables.tokens[usize::from(token)].clone()]);
        }
        let place = tables.offsets + 4 * index;
        let offset = u32_at(data, place)
            .ok_or_else(|| Error::Kallsyms(format!("symbol {index} has no address")))?;
        // Relative to the place of the value itself, with a sign.
        let offset = i64::from(offset as i32);
        let (&kind, name) = text
            .split_first()
            .ok_or_else(|| Error::Kallsyms(format!("symbol {index} has no name")))?;
        symbols.push(Symbol {
            address: (address + place as u64).wrapping_add_signed(offset),
            kind,
            name: String::from_utf8_lossy(name).into_owned(),
        });
    }
    if !symbols.is_sorted_by_key(|symbol| symbol.address) {
        return Err(Error::Kallsyms("the addresses are in no order".to_owned()));
    }
    Ok(symbols)
}

fn find(data: &[u8]) -> Option<Tables> {
    // Digits occur in names, so they are tokens of their own, in a row.
    let digits = b"0\x001\x002\x003\x004\x005\x006\x007\x008\x009\0";
    let mut from = 0;
    while let Some(found) = position(&data[from..], digits) {
        let found = from + found;
        if let Some(tables) = tables_around(data, found) {
            return Some(tables);
        }
        from = found + 1;
    }
    None
}

fn position(data: &[u8], wanted: &[u8]) -> Option<usize> {
    data.windows(wanted.len())
        .position(|window| window == wanted)
}

/// The tables, if the string of token `'0'` is at `digit`.
fn tables_around(data: &[u8], digit: usize) -> Option<Tables> {
    let mut start = digit;
    for _ in 0..b'0' {
        let end = start.checked_sub(1)?;
        start = data[..end].iter().rposition(|&byte| byte == 0)? + 1;
    }
    let mut tokens = Vec::with_capacity(TOKENS);
    let mut next = start;
    for _ in 0..TOKENS {
        let length = data.get(next..)?.iter().position(|&byte| byte == 0)?;
        tokens.push(next..next + length);
        next += length + 1;
    }
    let index = aligned(next);
    for (number, token) in tokens.iter().enumerate() {
        let expected = u16::try_from(token.start - start).ok()?;
        let bytes = data.get(index + 2 * number..)?.first_chunk()?;
        if u16::from_le_bytes(*bytes) != expected {
            return None;
        }
    }
    let markers = markers_before(data, start)?;
    let (count, names) = names_before(data, &markers)?;
    Some(Tables {
        tokens,
        names,
        count,
        offsets: aligned(index + 2 * TOKENS),
    })
}

/// The markers, which end where `end` is: they ascend from 0.
fn markers_before(data: &[u8], end: usize) -> Option<Range<usize>> {
    let mut start = end.checked_sub(4)?;
    let mut last = u32_at(data, start)?;
    while last != 0 {
        start = start.checked_sub(4)?;
        let marker = u32_at(data, start)?;
        if marker >= last {
            return None;
        }
        last = marker;
    }
    Some(start..end)
}

/// How many names there are and where, if `markers` are right about them.
fn names_before(data: &[u8], markers: &Range<usize>) -> Option<(usize, Range<usize>)> {
    let blocks = markers.len() / 4;
    let last_marker = u32_at(data, markers.end - 4)? as usize;
    // The last block has at least one name, so the names start before this; an aligned place.
    let mut start = markers.start.checked_sub(last_marker)? & !3;
    loop {
        start = start.checked_sub(4)?;
        // The number of names comes before the names.
        let count = u32_at(data, start.checked_sub(4)?)? as usize;
        if count.div_ceil(MARKED) == blocks {
            let end = walk(data, start, count, markers);
            if let Some(end) = end.filter(|&end| aligned(end) == markers.start) {
                return Some((count, start..end));
            }
        }
        // A block of 256 names takes less than this.
        if markers.start - start > last_marker + MARKED * 512 {
            return None;
        }
    }
}

/// Where `count` names from `start` on end, if every marker is right.
fn walk(data: &[u8], start: usize, count: usize, markers: &Range<usize>) -> Option<usize> {
    let mut names = Names { data, next: start };
    for index in 0..count {
        if index % MARKED == 0 {
            let marker = u32_at(data, markers.start + 4 * (index / MARKED))? as usize;
            if names.next - start != marker {
                return None;
            }
        }
        names.next_name()?;
        if names.next > markers.start {
            return None;
        }
    }
    Some(names.next)
}

/// Walks over names that are still made of token numbers.
struct Names<'data> {
    data: &'data [u8],
    next: usize,
}

impl<'data> Names<'data> {
    fn next_name(&mut self) -> Option<&'data [u8]> {
        let first = *self.data.get(self.next)?;
        let (length, start) = if first & 0x80 == 0 {
            (usize::from(first), self.next + 1)
        } else {
            let second = *self.data.get(self.next + 1)?;
            let length = usize::from(first & 0x7f) | (usize::from(second) << 7);
            (length, self.next + 2)
        };
        let name = self.data.get(start..start + length)?;
        self.next = start + length;
        (length > 0).then_some(name)
    }
}

fn aligned(offset: usize) -> usize {
    offset.next_multiple_of(4)
}

fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Symbol, read};

    /// Tables as scripts/kallsyms.c writes them, for memory at `address`. Every byte is a token of
    /// its own, but 1, which stands for `folio_`.
    pub(crate) fn tables(symbols: &[Symbol], address: u64) -> Vec<u8> {
        // Something that is no table comes first.
        let mut data = b"rodata\0\0".to_vec();
        let align = |data: &mut Vec<u8>| data.resize(data.len().next_multiple_of(4), 0);
        let number = |data: &mut Vec<u8>, value: usize| {
            data.extend_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
        };
        number(&mut data, symbols.len());
        let names = data.len();
        let mut markers = Vec::new();
        for (index, symbol) in symbols.iter().enumerate() {
            if index % 256 == 0 {
                markers.push(data.len() - names);
            }
            let text = format!("{}{}", char::from(symbol.kind), symbol.name);
            let packed = text.replace("folio_", "\u{1}");
            if packed.len() > 0x7f {
                data.push(u8::try_from(packed.len() & 0x7f).unwrap() | 0x80);
                data.push(u8::try_from(packed.len() >> 7).unwrap());
            } else {
                data.push(u8::try_from(packed.len()).unwrap());
            }
            data.extend_from_slice(packed.as_bytes());
        }
        align(&mut data);
        for marker in markers {
            number(&mut data, marker);
        }
        let mut index = Vec::new();
        let start = data.len();
        for token in 0..=u8::MAX {
            index.push(u16::try_from(data.len() - start).unwrap());
            match token {
                0 => {}
                1 => data.extend_from_slice(b"folio_"),
                other => data.push(other),
            }
            data.push(0);
        }
        align(&mut data);
        for offset in index {
            data.extend_from_slice(&offset.to_le_bytes());
        }
        align(&mut data);
        for symbol in symbols {
            let place = address + data.len() as u64;
            let offset = symbol.address.wrapping_sub(place) as i64;
            data.extend_from_slice(&i32::try_from(offset).unwrap().to_le_bytes());
        }
        data
    }

    pub(crate) fn symbol(address: u64, kind: u8, name: &str) -> Symbol {
        Symbol {
            address,
            kind,
            name: name.to_owned(),
        }
    }

    const TEXT: u64 = 0xffff_ffff_8100_0000;
    const RODATA: u64 = 0xffff_ffff_8220_0000;

    fn many(count: u64) -> Vec<Symbol> {
        (0..count)
            .map(|index| symbol(TEXT + 16 * index, b't', &format!("folio_f{index}")))
            .collect()
    }

    #[test]
    fn names_kinds_and_addresses_come_out_as_they_went_in() {
        let mut symbols = many(700);
        // A length of two bytes, and an address behind the table's.
        symbols.push(symbol(TEXT + 20_000, b'T', &"x".repeat(300)));
        symbols.push(symbol(RODATA + 0x100_0000, b'd', "cpu_fbatches"));
        assert_eq!(read(&tables(&symbols, RODATA), RODATA).unwrap(), symbols);
    }

    #[test]
    fn few_symbols_and_whole_blocks_are_found_too() {
        for count in [1, 255, 256, 257, 512] {
            let symbols = many(count);
            assert_eq!(read(&tables(&symbols, RODATA), RODATA).unwrap(), symbols);
        }
    }

    #[test]
    fn tables_that_disagree_are_not_taken() {
        let symbols = many(600);
        let good = tables(&symbols, RODATA);
        // The number of symbols, a marker, a token's place: each breaks the agreement.
        let digits = good.windows(4).position(|w| w == b"0\x001\0").unwrap();
        for (place, what) in [
            (8, "count"),
            (digits - 100, "marker"),
            (digits + 420, "token"),
        ] {
            let mut bad = good.clone();
            bad[place] ^= 0x55;
            assert!(read(&bad, RODATA).is_err(), "{what}");
        }
        assert!(read(b"nothing here", RODATA).is_err());
    }
}
