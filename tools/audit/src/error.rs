// SPDX-License-Identifier: GPL-2.0

//! Why a kernel image cannot be audited at all.

/// What is wrong with the image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no boot image of an x86 kernel, or one that is packed in an unknown way.
    #[error("no boot image that can be unpacked: {0}")]
    BootImage(String),
    /// The kernel inside is no ELF file as expected.
    #[error("the kernel inside the image: {0}")]
    Elf(String),
    /// The symbol tables are missing or of an unknown format.
    #[error("the symbols of the kernel (kallsyms): {0}")]
    Kallsyms(String),
    /// The type information is missing or cannot be read.
    #[error("the types of the kernel (BTF): {0}")]
    Btf(String),
    /// A symbol that the audit starts from is missing or ambiguous.
    #[error("symbol {name}: the kernel has {count} of it, where one is needed")]
    Symbol {
        /// The symbol.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// The list of names that the module uses cannot be read.
    #[error("rust/mm_swap_live/symbols: {0}")]
    Names(String),
    /// The image does not say which kernel it is.
    #[error("which kernel it is: {0}")]
    Identity(String),
}

/// Result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;
