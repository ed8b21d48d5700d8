// SPDX-License-Identifier: GPL-2.0

//! Little-endian numbers in a slice of bytes.

fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

/// The number at `offset`, if `bytes` reaches so far.
pub(crate) fn read_u16(bytes: &[u8], offset: usize) -> Option<u16> {
    array(bytes, offset).map(u16::from_le_bytes)
}

/// The number at `offset`, if `bytes` reaches so far.
pub(crate) fn read_u32(bytes: &[u8], offset: usize) -> Option<u32> {
    array(bytes, offset).map(u32::from_le_bytes)
}

/// The number at `offset`, if `bytes` reaches so far.
pub(crate) fn read_u64(bytes: &[u8], offset: usize) -> Option<u64> {
    array(bytes, offset).map(u64::from_le_bytes)
}

/// Writes `number` at `offset`, which has to be inside `bytes`.
pub(crate) fn write_u16(bytes: &mut [u8], offset: usize, number: u16) {
    bytes[offset..offset + 2].copy_from_slice(&number.to_le_bytes());
}

/// Writes `number` at `offset`, which has to be inside `bytes`.
pub(crate) fn write_u32(bytes: &mut [u8], offset: usize, number: u32) {
    bytes[offset..offset + 4].copy_from_slice(&number.to_le_bytes());
}

/// Writes `number` at `offset`, which has to be inside `bytes`.
pub(crate) fn write_u64(bytes: &mut [u8], offset: usize, number: u64) {
    bytes[offset..offset + 8].copy_from_slice(&number.to_le_bytes());
}
