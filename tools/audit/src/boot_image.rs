// SPDX-License-Identifier: GPL-2.0

//! The kernel inside a boot image: `Documentation/arch/x86/boot.rst`.

use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

use crate::error::{Error, Result};

/// Offsets in the boot sector and the setup header behind it.
const SETUP_SECTORS: usize = 0x1f1;
const MAGIC: usize = 0x202;
const PROTOCOL: usize = 0x206;
const PAYLOAD_OFFSET: usize = 0x248;
const PAYLOAD_LENGTH: usize = 0x24c;

/// The first boot protocol that says where the payload is.
const PROTOCOL_WITH_PAYLOAD: u16 = 0x208;

const SECTOR: usize = 512;

/// First bytes of the ways to pack a kernel, the one that Debian uses first.
const PACKERS: [(&[u8], &str); 7] = [
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    (&[0x1f, 0x8b], "gzip"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
    (&[0x02, 0x21, 0x4c, 0x18], "lz4"),
    (b"BZh", "bzip2"),
    (&[0x89, b'L', b'Z', b'O'], "lzo"),
    (&[0x5d, 0x00, 0x00], "lzma"),
];

/// Bytes of the size that the build appends to the packed kernel.
const SIZE: usize = 4;

/// Unpacks what the boot image starts: the kernel's ELF file with its relocations behind it.
pub fn unpack(image: &[u8]) -> Result<Vec<u8>> {
    let wrong = |what: &str| Error::BootImage(what.to_owned());
    if bytes(image, MAGIC, 4) != Some(b"HdrS") {
        return Err(wrong("it has no setup header"));
    }
    let protocol = bytes(image, PROTOCOL, 2).ok_or_else(|| wrong("it is cut short"))?;
    if u16::from_le_bytes([protocol[0], protocol[1]]) < PROTOCOL_WITH_PAYLOAD {
        return Err(wrong("its boot protocol is older than 2.08"));
    }
    // 0 means 4, says the protocol, for the sake of very old boot loaders.
    let sectors = match image[SETUP_SECTORS] {
        0 => 4,
        count => usize::from(count),
    };
    let start = (sectors + 1) * SECTOR + number(image, PAYLOAD_OFFSET)?;
    let length = number(image, PAYLOAD_LENGTH)?;
    let payload = bytes(image, start, length).ok_or_else(|| wrong("its payload is cut short"))?;
    match PACKERS.iter().find(|(magic, _)| payload.starts_with(magic)) {
        Some((_, "zstd")) => unzstd(payload),
        Some((_, packer)) => Err(wrong(&format!("it is packed with {packer}, not zstd"))),
        None => Err(wrong("it is packed in an unknown way")),
    }
}

fn unzstd(payload: &[u8]) -> Result<Vec<u8>> {
    let failed = |error: &dyn std::fmt::Display| Error::BootImage(format!("zstd: {error}"));
    let (packed, size) = payload.split_at(payload.len().saturating_sub(SIZE));
    let size = number(size, 0)?;
    let mut kernel = Vec::with_capacity(size);
    let mut decoder = StreamingDecoder::new(packed).map_err(|error| failed(&error))?;
    decoder
        .read_to_end(&mut kernel)
        .map_err(|error| failed(&error))?;
    if kernel.len() == size {
        Ok(kernel)
    } else {
        Err(failed(&format!("{} bytes instead of {size}", kernel.len())))
    }
}

fn bytes(image: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    image.get(offset..offset.checked_add(length)?)
}

fn number(image: &[u8], offset: usize) -> Result<usize> {
    match bytes(image, offset, 4) {
        Some(&[a, b, c, d]) => Ok(u32::from_le_bytes([a, b, c, d]) as usize),
        _ => Err(Error::BootImage("it is cut short".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::unpack;

    /// A boot image around `payload`, with one sector of setup.
    fn boot_image(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0; 1024 + 8];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x206..0x208].copy_from_slice(&0x20f_u16.to_le_bytes());
        image[0x248..0x24c].copy_from_slice(&8_u32.to_le_bytes());
        let length = u32::try_from(payload.len()).unwrap();
        image[0x24c..0x250].copy_from_slice(&length.to_le_bytes());
        image.extend_from_slice(payload);
        image
    }

    /// `text` as one raw zstd block with its size behind it.
    fn zstd(text: &[u8], size: u32) -> Vec<u8> {
        let length = u8::try_from(text.len()).unwrap();
        // Magic, single segment with a size of one byte, then the last block, raw.
        let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, length];
        packed.extend_from_slice(&[(length << 3) | 1, 0, 0]);
        packed.extend_from_slice(text);
        packed.extend_from_slice(&size.to_le_bytes());
        packed
    }

    #[test]
    fn the_payload_is_found_and_unpacked() {
        assert_eq!(unpack(&boot_image(&zstd(b"kernel", 6))).unwrap(), b"kernel");
    }

    #[test]
    fn what_cannot_be_unpacked_says_why() {
        let mut old = boot_image(&zstd(b"kernel", 6));
        old[0x206] = 0x07;
        for (image, cause) in [
            (vec![0; 2000], "no setup header"),
            (old, "older than 2.08"),
            (boot_image(&[0x1f, 0x8b, 8, 0, 0, 0]), "packed with gzip"),
            (boot_image(b"\x7fELF...."), "unknown way"),
            (boot_image(&zstd(b"kernel", 7)), "6 bytes instead of 7"),
            (
                boot_image(&zstd(b"kernel", 6))[..1040].to_vec(),
                "cut short",
            ),
        ] {
            let message = unpack(&image).unwrap_err().to_string();
            assert!(message.contains(cause), "{message}");
        }
    }
}
