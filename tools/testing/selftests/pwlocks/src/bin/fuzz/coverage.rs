// SPDX-License-Identifier: GPL-2.0

//! Which code of the modules' an episode runs.

use crate::bits::Bits;
use std::collections::BTreeMap;

/// The places that were run, of each module by name: bytes from the start of its text.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, Bits>);

/// A module that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loaded<'a> {
    pub(crate) name: &'a str,
    /// The address of its text.
    pub(crate) text: u64,
    /// The bytes that it has in all, of which the text is a part.
    pub(crate) size: u64,
}

impl Coverage {
    /// Those of `addresses`, where `modules` are loaded. What is in none of them was in one that has
    /// been unloaded since.
    pub(crate) fn of(modules: &[Loaded<'_>], addresses: impl Iterator<Item = u64>) -> Self {
        let mut modules: Vec<_> = modules
            .iter()
            .map(|module| (module, Bits::default()))
            .collect();
        // The data of one may be elsewhere and another's text follow its own at once.
        modules.sort_unstable_by_key(|(module, _)| module.text);
        let mut last = 0;

        for address in addresses {
            // Most are in the same module as the one before.
            if !is_at(&modules, last, address) {
                let after = modules.partition_point(|(module, _)| module.text <= address);
                last = after.saturating_sub(1);
            }
            if let Some((module, bits)) = modules.get_mut(last) {
                let offset = address.wrapping_sub(module.text);
                if offset < module.size {
                    // It is less than a module's size.
                    bits.insert(offset as usize);
                }
            }
        }
        let places = modules.into_iter().filter(|(_, bits)| bits.len() > 0);
        Self(
            places
                .map(|(module, bits)| (module.name.to_owned(), bits))
                .collect(),
        )
    }

    /// Takes in those of another episode, and says how many are new.
    pub(crate) fn extend(&mut self, other: &Self) -> usize {
        let new = other
            .0
            .iter()
            .map(|(name, bits)| match self.0.get_mut(name) {
                Some(known) => known.extend(bits),
                None => {
                    self.0.insert(name.clone(), bits.clone());
                    bits.len()
                }
            });
        new.sum()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(Bits::len).sum()
    }
}

/// Whether an address is after the start of the text at `place`, and before the next one's.
fn is_at(modules: &[(&Loaded<'_>, Bits)], place: usize, address: u64) -> bool {
    let start = |place: usize| modules.get(place).map(|(module, _)| module.text);

    start(place).is_some_and(|start| start <= address)
        && start(place + 1).is_none_or(|next| address < next)
}

/// The modules in the text of /proc/modules.
pub(crate) fn modules(text: &str) -> Vec<Loaded<'_>> {
    let module = |line| {
        let fields: Vec<&str> = str::split_whitespace(line).collect();
        let [name, size, _, _, "Live", text, ..] = fields[..] else {
            return None;
        };

        Some(Loaded {
            name,
            text: u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?,
            size: size.parse().ok()?,
        })
    };
    text.lines().filter_map(module).collect()
}

#[cfg(test)]
mod tests {
    use super::{Coverage, Loaded, modules};

    fn loaded(name: &str, text: u64, size: u64) -> Loaded<'_> {
        Loaded { name, text, size }
    }

    #[test]
    fn modules_by_what_the_kernel_says() {
        let text = "mm_swap_demo 45056 0 - Live 0xffffffffc0480000 (OE)\n\
                    pwlocks 36864 1 mm_swap_demo, Live 0xffffffffc0400000 (OE)\n\
                    zram 65536 0 - Loading 0xffffffffc0500000\n";
        assert_eq!(
            modules(text),
            [
                loaded("mm_swap_demo", 0xffff_ffff_c048_0000, 45056),
                loaded("pwlocks", 0xffff_ffff_c040_0000, 36864)
            ]
        );
    }

    #[test]
    fn a_place_stays_the_same_where_the_module_is_loaded_elsewhere() {
        let at = |start| {
            let addresses = [start + 40, start, start + 100, start + 40];
            Coverage::of(&[loaded("pwlocks", start, 100)], addresses.into_iter())
        };
        let mut all = Coverage::default();
        assert_eq!(all.extend(&at(0x5000)), 2);
        assert_eq!(all.extend(&at(0x9000)), 0);
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_place_is_the_module_s_whose_text_it_is_in() {
        // The size has the data, which is elsewhere.
        let both = [loaded("demo", 0x5000, 0x3000), loaded("pwlocks", 0x6000, 9)];
        let addresses = [0x5001, 0x6001, 0x6002, 0x5001, 0x4fff, 0x6009];
        let ran = Coverage::of(&both, addresses.into_iter());
        let alone = |module, address| Coverage::of(&[module], [address].into_iter());
        assert_eq!(ran.len(), 3);
        let mut known = alone(both[1], 0x6001);
        known.extend(&alone(both[1], 0x6002));
        known.extend(&alone(both[0], 0x5001));
        assert_eq!(known.extend(&ran), 0);
        assert_eq!(Coverage::of(&[], addresses.into_iter()).len(), 0);
    }
}
