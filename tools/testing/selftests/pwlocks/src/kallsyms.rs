// SPDX-License-Identifier: GPL-2.0

//! The symbols of the kernel and its modules, /proc/kallsyms.

use crate::{kernel_file, ktap::Trouble};
use std::ops::Range;

/// What the file said.
#[derive(Debug)]
pub struct Kallsyms(String);

/// One of its lines: address, type, name, and the module in brackets if it is in one.
struct Symbol<'a> {
    address: u64,
    name: &'a str,
    module: Option<&'a str>,
}

impl Kallsyms {
    /// Reads it.
    pub fn read() -> Result<Self, Trouble> {
        kernel_file::read("/proc/kallsyms").map(Self)
    }

    fn symbols(&self) -> impl Iterator<Item = Symbol<'_>> {
        self.0.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = u64::from_str_radix(words.next()?, 16).ok()?;
            let name = words.nth(1)?;
            let module = words.next();
            Some(Symbol {
                address,
                name,
                module,
            })
        })
    }

    /// The names of those in no module, as often as there are symbols of that name.
    pub fn names_of_the_kernel(&self) -> impl Iterator<Item = &str> {
        self.symbols()
            .filter(|symbol| symbol.module.is_none())
            .map(|symbol| symbol.name)
    }

    /// Whether one is called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.symbols().any(|symbol| symbol.name == name)
    }

    /// Where the code of `function` is: from its address to that of the symbol after it. `None` without such
    /// a function, with several, and for who may not see addresses, which are all 0 then.
    pub fn code_of(&self, function: &str) -> Option<Range<u64>> {
        let mut addresses = self
            .symbols()
            .filter(|symbol| symbol.name == function)
            .map(|symbol| symbol.address);
        let start = addresses.next()?;
        if addresses.next().is_some() {
            return None;
        }
        let end = self
            .symbols()
            .map(|symbol| symbol.address)
            .filter(|&address| address > start)
            .min()?;
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::Kallsyms;

    fn kallsyms() -> Kallsyms {
        let text = "ffffffff81000200 T later\n\
                    ffffffff81000000 T first\n\
                    ffffffff81000000 t alias\n\
                    ffffffff81000100 t twice\n\
                    ffffffff81000180 t twice\n\
                    ffffffffa0000000 t ours\t[pwlocks]\n";
        Kallsyms(text.into())
    }

    #[test]
    fn a_module_s_symbols_are_there_as_well() {
        assert!(kallsyms().has("first") && kallsyms().has("ours"));
        assert!(!kallsyms().has("[pwlocks]") && !kallsyms().has("T"));
    }

    #[test]
    fn the_kernel_s_are_those_in_no_module() {
        assert_eq!(
            kallsyms().names_of_the_kernel().collect::<Vec<_>>(),
            ["later", "first", "alias", "twice", "twice"]
        );
    }

    #[test]
    fn a_function_s_code_goes_on_to_the_next_symbol() {
        let code = |name| kallsyms().code_of(name);
        assert_eq!(
            code("first"),
            Some(0xffff_ffff_8100_0000..0xffff_ffff_8100_0100)
        );
        assert_eq!(
            code("later"),
            Some(0xffff_ffff_8100_0200..0xffff_ffff_a000_0000)
        );
        assert_eq!(code("ours"), None, "nothing comes after it");
        assert_eq!(code("twice"), None);
        assert_eq!(code("missing"), None);
    }

    #[test]
    fn who_may_not_see_addresses_gets_none() {
        let hidden = Kallsyms("0000000000000000 T first\n0000000000000000 T next\n".into());
        assert_eq!(hidden.code_of("first"), None);
    }
}
