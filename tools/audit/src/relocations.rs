// SPDX-License-Identifier: GPL-2.0

//! The places in the kernel that hold absolute addresses.
//!
//! Where the kernel is loaded is decided at boot, so the build appends a list of these places to
//! the image: arch/x86/tools/relocs.c. It is independent of how instructions are decoded, which
//! makes it a check of that too.

use crate::error::{Error, Result};
use crate::image::extended;

/// The addresses of absolute values.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Relocations {
    /// Of 32-bit ones.
    pub of_32: Vec<u64>,
    /// Of 64-bit ones.
    pub of_64: Vec<u64>,
}

impl Relocations {
    /// Reads the list at the end of `kernel`.
    ///
    /// It is read backwards, as at boot: 32-bit ones to a 0, then 64-bit ones to a 0. Each entry is
    /// the low half of an address in the top 2 GiB.
    pub fn parse(kernel: &[u8]) -> Result<Self> {
        let mut entries = kernel
            .rchunks_exact(4)
            .map(|bytes| extended(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
        let mut list = || {
            let mut found = Vec::new();
            for address in entries.by_ref() {
                if address == 0 {
                    return Ok(found);
                }
                // The list is sorted; what is not is something else.
                if found.last().is_some_and(|&last| last <= address) {
                    break;
                }
                found.push(address);
            }
            Err(Error::Elf("no list of relocations at its end".to_owned()))
        };
        Ok(Self {
            of_32: list()?,
            of_64: list()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Relocations;

    fn list(values: &[u32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    #[test]
    fn both_lists_are_read_from_the_end() {
        let kernel = list(&[7, 0, 0x8100_0000, 0x8100_0008, 0, 0x8200_0000]);
        let relocations = Relocations::parse(&kernel).unwrap();
        assert_eq!(
            relocations.of_64,
            [0xffff_ffff_8100_0008, 0xffff_ffff_8100_0000]
        );
        assert_eq!(relocations.of_32, [0xffff_ffff_8200_0000]);
    }

    #[test]
    fn a_kernel_without_the_list_is_refused() {
        assert!(Relocations::parse(&list(&[1, 2, 3])).is_err());
        assert!(Relocations::parse(&list(&[0, 5, 4, 0, 9])).is_err());
    }
}
