// SPDX-License-Identifier: GPL-2.0

//! Names of symbols that livepatch resolves: `.klp.sym.vmlinux.<symbol>,<position>`.
//!
//! The kernel looks `<symbol>` up in its own kallsyms. Position 0 says that it has to be there just
//! once; position n > 0 takes the nth of that name. See klp_find_object_symbol().

use std::fmt;

/// What all of these names start with, whatever they name.
pub(crate) const PREFIX: &str = ".klp.";

/// The only kind of name that is made here: a symbol of the kernel itself, not of a module.
const VMLINUX: &str = ".klp.sym.vmlinux.";

/// KSYM_NAME_LEN, which counts the terminating zero.
const LENGTH_LIMIT: usize = 512;

/// A symbol of the kernel, as kallsyms knows it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name {
    symbol: String,
    position: u32,
}

impl Name {
    /// Reads `symbol`, `symbol,position`. An error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (symbol, position) = text.split_once(',').unwrap_or((text, "0"));
        if symbol.is_empty() || symbol.len() >= LENGTH_LIMIT {
            return Err(format!(
                "\"{text}\" does not name a symbol in 1 to {} characters",
                LENGTH_LIMIT - 1
            ));
        }
        if !symbol.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("\"{text}\" has characters that no symbol has"));
        }
        // One spelling per position, so that names can be compared as text.
        let number = position.parse().ok();
        let number = number.filter(|number: &u32| number.to_string() == position);
        let position =
            number.ok_or_else(|| format!("\"{text}\" has no plain number after the comma"))?;
        Ok(Self {
            symbol: symbol.into(),
            position,
        })
    }

    /// Reads the name of an ELF symbol; `None` if livepatch has no business with it.
    pub(crate) fn of_symbol(symbol: &str) -> Option<Result<Self, String>> {
        if !symbol.starts_with(PREFIX) {
            return None;
        }
        let name = symbol
            .strip_prefix(VMLINUX)
            .filter(|rest| rest.contains(','))
            .ok_or_else(|| {
                format!("symbol \"{symbol}\" is not called {VMLINUX}<symbol>,<position>")
            });
        Some(name.and_then(|rest| {
            Self::parse(rest).map_err(|what| format!("symbol \"{symbol}\": {what}"))
        }))
    }

    /// The name of the ELF symbol.
    pub(crate) fn to_symbol(&self) -> String {
        format!("{VMLINUX}{},{}", self.symbol, self.position)
    }
}

/// As a user writes it.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            0 => write!(f, "{}", self.symbol),
            position => write!(f, "{},{position}", self.symbol),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn symbols_of_the_kernel_are_read_and_written() {
        for text in [
            ".klp.sym.vmlinux.cpu_fbatches,0",
            ".klp.sym.vmlinux.f.isra.0,3",
        ] {
            let name = Name::of_symbol(text).unwrap().unwrap();
            assert_eq!(name.to_symbol(), text);
            assert_eq!(Name::parse(&name.to_string()).unwrap(), name);
        }
    }

    #[test]
    fn other_symbols_are_not_for_livepatch() {
        assert_eq!(Name::of_symbol("kfree"), None);
        assert_eq!(Name::of_symbol("klp.sym.vmlinux.kfree,0"), None);
    }

    #[test]
    fn malformed_names_are_refused() {
        for text in [
            ".klp.sym.vmlinux.kfree",
            ".klp.sym.vmlinux.kfree,",
            ".klp.sym.vmlinux.kfree,-1",
            ".klp.sym.vmlinux.kfree,+1",
            ".klp.sym.vmlinux.kfree,01",
            ".klp.sym.vmlinux.kfree,1,2",
            ".klp.sym.vmlinux.kf ree,0",
            ".klp.sym.vmlinux.,0",
            ".klp.sym.ext4.ext4_sync_fs,0",
            ".klp.rela.vmlinux.text",
        ] {
            let what = Name::of_symbol(text).unwrap().unwrap_err();
            assert!(what.contains(text), "{what}");
        }
        let long = format!(".klp.sym.vmlinux.{},0", "x".repeat(512));
        assert!(Name::of_symbol(&long).unwrap().is_err());
    }
}
