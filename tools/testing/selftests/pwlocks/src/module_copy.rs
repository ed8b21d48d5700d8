// SPDX-License-Identifier: GPL-2.0

//! A module's file in memory, of which changed copies are loaded.

use crate::{ensure, ktap::Trouble, module};
use nix::{errno::Errno, kmod::init_module};
use object::{
    LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _,
    elf::FileHeader64,
    read::elf::{ElfFile, Sym as _},
};
use std::fs;

type Elf<'data> = ElfFile<'data, FileHeader64<LittleEndian>>;

/// The content of a module's file.
#[derive(Debug, Clone)]
pub struct ModuleCopy {
    name: &'static str,
    content: Vec<u8>,
}

impl ModuleCopy {
    /// Reads `name`.ko; skips if there is none.
    pub fn of(name: &'static str) -> Result<Self, Trouble> {
        let path = module::file(name).filter(|path| path.exists());
        let path = path.ok_or_else(|| Trouble::skip(format!("there is no {name}.ko")))?;

        Ok(Self::new(name, fs::read(path)?))
    }

    /// Takes `content` for the file of the module `name`.
    pub fn new(name: &'static str, content: Vec<u8>) -> Self {
        Self { name, content }
    }

    /// The value of `field` in what modinfo shows.
    pub fn modinfo(&self, field: &str) -> Option<String> {
        let start = format!("\0{field}=");
        let place = self.positions(start.as_bytes()).next()? + start.len();
        let value = self.content[place..].split(|&byte| byte == 0).next()?;

        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// A copy with `to` for every text `from`, which has the same length. A text begins and ends
    /// with a NUL.
    pub fn with_text(&self, from: &str, to: &str) -> Result<Self, Trouble> {
        let mut copy = self.clone();
        let places: Vec<usize> = self.positions(format!("\0{from}\0").as_bytes()).collect();

        ensure!(!places.is_empty(), "{from:?} is not in {}.ko", self.name);
        ensure!(from.len() == to.len(), "{to:?} is not as long as {from:?}");
        for place in places {
            copy.content[place + 1..][..to.len()].copy_from_slice(to.as_bytes());
        }
        Ok(copy)
    }

    /// The names of all symbols that begin with `start`.
    pub fn symbols(&self, start: &str) -> Result<Vec<String>, Trouble> {
        let elf = Elf::parse(&*self.content).map_err(Trouble::fail)?;

        Ok(elf
            .symbols()
            .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
            .filter(|name| name.starts_with(start))
            .collect())
    }

    /// A copy with the symbol `from` called `to`, which is no longer.
    pub fn with_symbol(&self, from: &str, to: &str) -> Result<Self, Trouble> {
        let place = self.symbol_name(from)?;
        let mut copy = self.clone();

        ensure!(to.len() <= from.len(), "{to} is longer than {from}");
        copy.content[place..][..from.len()].fill(0);
        copy.content[place..][..to.len()].copy_from_slice(to.as_bytes());
        Ok(copy)
    }

    /// Where in the file a symbol's name is.
    fn symbol_name(&self, name: &str) -> Result<usize, Trouble> {
        let elf = Elf::parse(&*self.content).map_err(Trouble::fail)?;
        let strings = elf.section_by_name(".strtab").and_then(|s| s.file_range());
        let symbol = elf.symbols().find(|symbol| symbol.name() == Ok(name));

        match (strings, symbol) {
            (Some((start, _)), Some(symbol)) => {
                let offset = symbol.elf_symbol().st_name(elf.endian());
                usize::try_from(start + u64::from(offset)).map_err(Trouble::fail)
            }
            _ => Err(format!("{}.ko has no symbol {name}", self.name).into()),
        }
    }

    /// Loads it. It must be refused with `errno`; the kernel's messages meanwhile.
    pub fn refused(&self, errno: Errno) -> Result<Vec<String>, Trouble> {
        let mut log = crate::kmsg::Mark::now()?;
        let result = init_module(&self.content, c"");

        if result.is_ok() {
            module::unload_patiently(self.name)?;
        }
        let messages = log.messages()?;
        ensure!(
            result == Err(errno),
            "insmod ended with {result:?}, not {errno:?}: {messages:#?}"
        );
        ensure!(
            !module::is_loaded(self.name),
            "{} was refused and is loaded",
            self.name
        );
        Ok(messages)
    }

    fn positions<'a>(&'a self, wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let windows = self.content.windows(wanted.len()).enumerate();

        windows
            .filter(move |(_, window)| *window == wanted)
            .map(|(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::ModuleCopy;

    fn copy(content: &[u8]) -> ModuleCopy {
        ModuleCopy::new("x", content.to_vec())
    }

    #[test]
    fn texts_are_whole_and_keep_their_length() {
        let copy = copy(b"\0release=7.2\0x7.2\x007.2\0");
        assert_eq!(copy.modinfo("release").as_deref(), Some("7.2"));
        assert_eq!(copy.modinfo("version"), None);
        let changed = copy.with_text("7.2", "7.3").unwrap();
        assert_eq!(changed.content, b"\0release=7.2\0x7.2\x007.3\0");
        assert!(copy.with_text("7.2", "7.12").is_err());
        assert!(copy.with_text("7.4", "7.3").is_err());
    }

    #[test]
    fn symbols_are_renamed_one_at_a_time() {
        // This program is no module, but has symbols by the same format.
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let copy = copy(&own);
        let all = copy.symbols("").unwrap();
        let start = all.iter().find(|name| *name == "_start").unwrap();
        let renamed = copy.with_symbol(start, "_begin").unwrap();
        let changed: Vec<_> = renamed.symbols("").unwrap();
        let different: Vec<_> = all.iter().zip(&changed).filter(|(a, b)| a != b).collect();
        assert_eq!(different, [(start, &"_begin".to_owned())]);
        assert!(copy.with_symbol(start, "_start_longer").is_err());
        assert!(copy.with_symbol("no such symbol", "x").is_err());
    }
}
