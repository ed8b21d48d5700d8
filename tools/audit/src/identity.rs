// SPDX-License-Identifier: GPL-2.0

//! Which kernel an image is: as uname() and /sys/kernel/notes say it when it runs.

use object::elf::NT_GNU_BUILD_ID;
use object::read::elf::NoteIterator;
use object::{Endianness, elf::FileHeader64};

use crate::coverage::Series;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::kallsyms::Symbol;

/// Bytes of a field of struct new_utsname, and the places of two of them.
const FIELD: usize = 65;
const RELEASE: usize = 2;
const VERSION: usize = 3;

/// What a kernel says it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub version: String,
    /// The linker's digest of the kernel, which differs between any two builds.
    pub build_id: Vec<u8>,
}

impl Identity {
    /// Reads it from the image; `name_offset` is where struct uts_namespace has its names.
    pub fn read(image: &Image<'_>, symbols: &[Symbol], name_offset: u64) -> Result<Self> {
        let missing = |what: &str| Error::Identity(format!("the image has no {what}"));
        let names = symbols
            .iter()
            .find(|symbol| symbol.name == "init_uts_ns")
            .and_then(|symbol| image.at(symbol.address + name_offset))
            .ok_or_else(|| missing("init_uts_ns"))?;
        let field = |number: usize| {
            let bytes = names.get(number * FIELD..(number + 1) * FIELD)?;
            let text = bytes.split(|&byte| byte == 0).next()?;
            (!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
        };
        Ok(Self {
            release: field(RELEASE).ok_or_else(|| missing("release"))?,
            version: field(VERSION).ok_or_else(|| missing("version string"))?,
            build_id: build_id(image).ok_or_else(|| missing("build id"))?,
        })
    }

    /// Whether it is a PREEMPT_RT kernel.
    pub fn is_rt(&self) -> bool {
        self.version.split(' ').any(|word| word == "PREEMPT_RT")
    }

    /// `(7, 3)` of 7.3.4; what is not a number counts as 0.
    pub fn series(&self) -> Series {
        let mut numbers = self.release.split(|c: char| !c.is_ascii_digit());
        let mut next = || {
            numbers
                .next()
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(0)
        };
        (next(), next())
    }

    /// The build id in hexadecimal, as file and gdb write it.
    pub fn build_id_digits(&self) -> String {
        let digits = self.build_id.iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    }
}

fn build_id(image: &Image<'_>) -> Option<Vec<u8>> {
    let notes = image.section(".notes")?.data;
    let endian = Endianness::Little;
    let mut notes = NoteIterator::<FileHeader64<Endianness>>::new(endian, 4, notes).ok()?;
    while let Some(note) = notes.next().ok()? {
        if note.name() == b"GNU" && note.n_type(endian) == NT_GNU_BUILD_ID {
            return Some(note.desc().to_vec());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn series_and_flavour_are_read_from_the_names() {
        let identity = |release: &str, version: &str| Identity {
            release: release.to_owned(),
            version: version.to_owned(),
            build_id: vec![0x0f, 0xa0],
        };
        let rt = identity("7.12.4+deb13-rt-amd64", "#1 SMP PREEMPT_RT Debian 7.12.4-1");
        assert_eq!((rt.series(), rt.is_rt()), ((7, 12), true));
        assert_eq!(rt.build_id_digits(), "0fa0");
        let other = identity("7.3-rc1", "#1 SMP PREEMPT_DYNAMIC");
        assert_eq!((other.series(), other.is_rt()), ((7, 3), false));
    }
}
