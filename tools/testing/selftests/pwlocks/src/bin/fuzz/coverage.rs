// SPDX-License-Identifier: GPL-2.0

//! Which code of the modules' an episode runs.

use std::collections::BTreeSet;

/// A place in a module's code: the module, and bytes from the start of its text.
pub(crate) type Place = (String, u64);

/// The places that were run.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeSet<Place>);

impl Coverage {
    /// Those of `addresses`, where `modules` have their name, the address of their text, and their
    /// size. What is in none of them was in one that has been unloaded since.
    pub(crate) fn of(modules: &[(&str, u64, u64)], addresses: &[u64]) -> Self {
        let place = |address: &u64| {
            let inside =
                |(_, start, size): &&(&str, u64, u64)| (*start..start + size).contains(address);
            let (name, start, _) = modules.iter().find(inside)?;

            Some(((*name).to_owned(), address - start))
        };
        Self(addresses.iter().filter_map(place).collect())
    }

    /// All of them.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter()
    }
}

/// The modules in the text of /proc/modules: name, address and size.
pub(crate) fn modules(text: &str) -> Vec<(&str, u64, u64)> {
    let module = |line| {
        let fields: Vec<&str> = str::split_whitespace(line).collect();
        let [name, size, _, _, "Live", address, ..] = fields[..] else {
            return None;
        };
        let address = u64::from_str_radix(address.strip_prefix("0x")?, 16).ok()?;

        Some((name, address, size.parse().ok()?))
    };
    text.lines().filter_map(module).collect()
}

#[cfg(test)]
mod tests {
    use super::{Coverage, modules};

    #[test]
    fn modules_by_what_the_kernel_says() {
        let text = "mm_swap_demo 45056 0 - Live 0xffffffffc0480000 (OE)\n\
                    pwlocks 36864 1 mm_swap_demo, Live 0xffffffffc0400000 (OE)\n\
                    zram 65536 0 - Loading 0xffffffffc0500000\n";
        assert_eq!(
            modules(text),
            [
                ("mm_swap_demo", 0xffff_ffff_c048_0000, 45056),
                ("pwlocks", 0xffff_ffff_c040_0000, 36864)
            ]
        );
    }

    #[test]
    fn a_place_stays_the_same_where_the_module_is_loaded_elsewhere() {
        let at = |start| {
            let ran = Coverage::of(
                &[("pwlocks", start, 100)],
                &[start + 40, start, start + 100],
            );
            ran.places().cloned().collect::<Vec<_>>()
        };
        assert_eq!(at(0x5000), at(0x9000));
        assert_eq!(at(0x5000), [("pwlocks".into(), 0), ("pwlocks".into(), 40)]);
    }
}
